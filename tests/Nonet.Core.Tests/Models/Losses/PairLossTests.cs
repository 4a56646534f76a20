using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Tests.Models.Losses;

public class PairLossTests
{
    static readonly TransformerConfig post = new()
    {
        Vocab = 23,
        Context = 40,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Width = 20,
        EncoderHeads = 2,
        DecoderHeads = 2,
        EncoderHidden = 33,
        DecoderHidden = 29,
        Dropout = 0,
    };

    static readonly (string Name, TransformerConfig Config)[] kinds =
    [
        ("post-norm", post),
        ("pre-norm of learned places", post with { Norm = NormPlacement.Pre, Positions = PositionKind.Learned }),
        ("narrow keys without places", post with { Positions = PositionKind.None, KeyWidth = 3 }),
    ];

    public static TheoryData<string> Kinds => [.. kinds.Select(k => k.Name)];

    static readonly int[][] sources = [TinyModels.Ids(9), TinyModels.Ids(4, site: 1), TinyModels.Ids(1, site: 2)];
    static readonly int[][] labels = [TinyModels.Ids(6, site: 3), TinyModels.Ids(11, site: 4), TinyModels.Ids(2, site: 5)];

    static IEncoderDecoder Build(string kind, Device device) =>
        TinyModels.Filled((IEncoderDecoder)kinds.Single(k => k.Name == kind).Config.Create(new ParameterStore(device).Root));

    static PairBatch Batch(Device device, params int[] pairs) => new(
        Nonet.Models.Batch.Of(device, [.. pairs.Select(i => sources[i])]),
        Nonet.Models.Batch.Of(device, [.. pairs.Select(i => (int[])[0, .. labels[i][..^1]])]),
        device.From(pairs.SelectMany(i => labels[i]).ToArray()));

    /// <summary>The loss, followed by all gradients.</summary>
    static double[] Step(IEncoderDecoder model, int? pieceRows = null, float smoothing = 0.1f)
    {
        model.Parameters.ClearGradients();
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = Batch(model.Parameters.Device, 0, 1, 2);
        var loss = pieceRows is { } rows ? PairLoss.Loss(model, batch, smoothing, wholeLimit: 0, rows) : model.Loss(batch, smoothing);
        tape.Backward(loss);
        model.Parameters.CompleteGradients();
        return [loss.Item(), .. model.Parameters.Gradients.ToDoubles()];
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_loss_in_pieces_is_the_loss(string kind)
    {
        var model = Build(kind, TinyModels.Cpu);
        TinyModels.Close(Step(model), Step(model, pieceRows: 7), 2e-6, "loss and gradients in pieces");
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Cpu_gradients_are_the_reference_gradients(string kind)
    {
        var (want, got) = (Step(Build(kind, TinyModels.Reference)), Step(Build(kind, TinyModels.Cpu)));
        Assert.Equal(want[0], got[0], 1e-5);
        TinyModels.Close(want[1..], got[1..], 5e-5, "gradients");
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_pair_alone_loses_what_it_loses_in_a_batch(string kind)
    {
        var model = Build(kind, TinyModels.Cpu);
        using var scope = new TensorScope();
        double Loss(params int[] pairs) => model.Loss(Batch(TinyModels.Cpu, pairs), smoothing: 0.1f).Item();
        var mean = (Loss(0) * 6 + Loss(1) * 11 + Loss(2) * 2) / 19;
        Assert.Equal(mean, Loss(0, 1, 2), 1e-5);
        double[] alone = Logits(model, 1), together = Logits(model, 0, 1, 2);
        TinyModels.Close(alone, together[(6 * 23)..(17 * 23)], 1e-6, "logits");
    }

    static double[] Logits(IEncoderDecoder model, params int[] pairs)
    {
        var batch = Batch(model.Parameters.Device, pairs);
        return model.Output(model.Decode(batch.Target, model.Encode(batch.Source))).ToDoubles();
    }

    [Fact] // softened targets: 1 − ε on the label, ε / (V − 1) on each of the others
    public void Smoothing_by_its_definition()
    {
        var model = Build("post-norm", TinyModels.Reference);
        using var scope = new TensorScope();
        var logits = Logits(model, 0);
        var sum = 0.0;
        for (var t = 0; t < 6; t++)
        {
            var row = logits[(t * 23)..((t + 1) * 23)];
            var total = Math.Log(row.Sum(Math.Exp));
            var label = row[labels[0][t]];
            sum += 0.9 * (total - label) + 0.1 * (row.Sum(x => total - x) - (total - label)) / 22;
        }
        Assert.Equal(sum / 6, model.Loss(Batch(TinyModels.Reference, 0), smoothing: 0.1f).Item(), 1e-6);
    }

    [Fact]
    public void Labels_of_another_number_than_targets_are_refused()
    {
        var model = Build("post-norm", TinyModels.Cpu);
        using var scope = new TensorScope();
        var batch = Batch(TinyModels.Cpu, 0) with { Labels = TinyModels.Cpu.From(new[] { 1, 2 }) };
        Assert.Contains("targets (2)", Assert.Throws<ShapeException>(() => model.Loss(batch)).Message, StringComparison.Ordinal);
    }
}
