using Nonet.Data.Instructions;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Training;

namespace Nonet.Tests.Models.Losses;

public class SupervisedLossTests
{
    static readonly T5Config t5 = new() { Vocab = 23, EncoderLayers = 2, DecoderLayers = 2, Width = 20, Heads = 2, HeadWidth = 10, Hidden = 33, Dropout = 0 };

    public static TheoryData<string> Kinds => [.. TinyModels.Families, "t5"];

    static ILanguageModel Build(string kind, Device device) =>
        kind == "t5" ? TinyModels.Filled((IEncoderDecoder)t5.Create(new ParameterStore(device).Root)) : TinyModels.Build(kind, device);

    /// <summary>Eight examples of different lengths and shares of supervised tokens.</summary>
    static SupervisedTokens[] Examples(string kind) => [.. Enumerable.Range(0, 8).Select(i =>
    {
        var ids = TinyModels.Ids(5 + 3 * i, site: (uint)i);
        return new SupervisedTokens(ids, [.. ids.Select((_, at) => kind == "t5" || at >= 3 + i)]) {
            Source = kind == "t5" ? TinyModels.Ids(9 - i, site: (uint)(20 + i)) : null };
    })];

    /// <summary>The loss of an update in passes of so many examples, then all gradients.</summary>
    static double[] Update(ILanguageModel model, SupervisedTokens[] examples, int perPass)
    {
        var total = examples.Sum(e => (long)e.Targets);
        var loss = 0.0;
        foreach (var pass in examples.Chunk(perPass))
            loss += MicroBatch.Backward(pass.Sum(e => (long)e.Targets), total, () => model.Loss(pass));
        model.Parameters.CompleteGradients();
        var all = model.Parameters.Gradients.ToDoubles();
        model.Parameters.ClearGradients();
        return [loss, .. all];
    }

    [Theory, MemberData(nameof(Kinds))]
    public void One_pass_of_eight_is_eight_passes_of_one(string kind)
    {
        using var device = new CpuDevice(2);
        var model = Build(kind, device);
        var (packed, apart) = (Update(model, Examples(kind), 8), Update(model, Examples(kind), 1));
        var norm = Math.Sqrt(packed.Skip(1).Sum(g => g * g));
        Assert.Equal(packed[0], apart[0], 1e-5 * packed[0]);
        Assert.InRange(Math.Sqrt(packed.Skip(1).Zip(apart.Skip(1)).Sum(g => (g.First - g.Second) * (g.First - g.Second))) / norm, 0, 1e-5);
        Assert.True(norm > 0);
    }

    [Fact]
    public void The_loss_is_the_mean_over_supervised_tokens_whatever_their_neighbours()
    {
        var model = TinyModels.Build("llama", TinyModels.Reference);
        using var scope = new TensorScope();
        var examples = Examples("llama");
        var sum = 0.0;
        foreach (var example in examples)
        {
            var logits = model.Output(model.Forward(Batch.Of(TinyModels.Reference, example.Ids)));
            for (var at = 1; at < example.Ids.Length; at++)
            {
                if (!example.Supervised[at])
                    continue;
                var row = Enumerable.Range(0, model.Vocab).Select(v => logits.Value((long)(at - 1) * model.Vocab + v)).ToArray();
                sum += Math.Log(row.Sum(Math.Exp)) - row[example.Ids[at]];
            }
        }
        Assert.Equal(sum / examples.Sum(e => e.Targets), model.Loss(examples).Item(), 1e-9);
    }

    [Fact]
    public void Noise_moves_each_embedding_by_at_most_alpha_over_the_root_of_length_and_width()
    {
        var model = TinyModels.Build("gpt", TinyModels.Reference);
        using var scope = new TensorScope();
        var store = new ParameterStore(TinyModels.Reference);
        var table = new Nonet.Models.Layers.Embedding(store.Root, 23, 20, 1);
        store.FillForTraining(1);
        var batch = Batch.Of(TinyModels.Reference, TinyModels.Ids(5), TinyModels.Ids(45, site: 2));
        var plain = table.Forward(batch).ToDoubles();
        var noisy = table.Forward(batch.With(new RandomKey(1, 2, 0), 5)).ToDoubles();
        var moved = plain.Zip(noisy).Select(p => Math.Abs(p.Second - p.First)).ToArray();
        var (near, far) = (5 / Math.Sqrt(5 * 20), 5 / Math.Sqrt(45 * 20));
        Assert.InRange(moved.Take(100).Max(), 0.9 * near, near);
        Assert.InRange(moved.Skip(100).Max(), 0.98 * far, far);
        Assert.InRange(moved.Skip(100).Average(), 0.45 * far, 0.55 * far); // uniform
        Assert.Equal(noisy, table.Forward(batch.With(new RandomKey(1, 2, 0), 5)).ToDoubles());
        Assert.NotEqual(noisy, table.Forward(batch.With(new RandomKey(1, 3, 0), 5)).ToDoubles());
        Assert.Equal(plain, table.Forward(batch.With(new RandomKey(1, 2, 0))).ToDoubles());
        Assert.NotEqual(model.Loss(Examples("gpt")).Item(), model.Loss(Examples("gpt"), new PassNoise(new RandomKey(1, 2, 0), 5)).Item());
    }
}
