using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Tests.Models.Decoders;

public class DecoderGradientTests
{
    public static TheoryData<string> Families => [.. TinyModels.Families];

    static readonly int[][] Sequences = [TinyModels.Ids(6), TinyModels.Ids(3, site: 1)];
    static readonly int[] Targets = [3, 1, -1, 9, 22, 0, 7, 7, 5];

    [Theory, MemberData(nameof(Families))]
    public void Gradients_of_the_whole_model_are_its_finite_differences(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Reference);
        CheckDifferences(model, model.Parameters);
    }

    static void CheckDifferences(ICausalModel model, ParameterStore store)
    {
        const double H = 1e-4;
        Backward(model);
        foreach (var p in store.Parameters)
        {
            var g = p.Value.Gradient!.ToDoubles();
            var scale = g.Max(Math.Abs) + 1e-4; // softmax does not see a key's bias: its gradient is zero but for rounding
            for (var sample = 0; sample < 3; sample++)
            {
                // An element that matters: a random one of those with some gradient (rows of unused tokens and positions have none).
                var used = Enumerable.Range(0, g.Length).Where(i => g[i] != 0).ToArray();
                Assert.NotEmpty(used);
                var e = used[Philox.Below(new RandomKey(1, 0, 0).At(p.Path), (ulong)sample, used.Length)];
                var at = p.Value.Value(e);
                var slope = (8 * (At(H) - At(-H)) - (At(2 * H) - At(-2 * H))) / (12 * H);
                p.Value.SetValue(e, at);
                Assert.True(Math.Abs(slope - g[e]) <= 1e-6 * scale, $"{p.Path}, element {e}: finite difference {slope:G9}, backward {g[e]:G9}");

                double At(double delta)
                {
                    p.Value.SetValue(e, at + delta);
                    using var scope = new TensorScope();
                    return Loss(model).Item();
                }
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Gradients_of_adapters_on_frozen_weights_are_their_finite_differences(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Reference, train: false);
        var adapters = TinyModels.AddAdapters(model, rank: 2, scale: 0.5f);
        CheckDifferences(model, adapters);
        Assert.All(model.Parameters.Parameters, p => Assert.Null(p.Value.Gradient));
    }

    [Theory, MemberData(nameof(Families))]
    public void Cpu_gradients_are_the_reference_gradients(string family)
    {
        var reference = TinyModels.Build(family, TinyModels.Reference);
        var cpu = TinyModels.Build(family, TinyModels.Cpu);
        Assert.Equal(Backward(reference), Backward(cpu), 1e-5);
        foreach (var (want, got) in reference.Parameters.Parameters.Zip(cpu.Parameters.Parameters))
            // the gradient of a key bias is zero
            TinyModels.Close(want.Value.Gradient!.ToDoubles(), got.Value.Gradient!.ToDoubles(), 5e-5, got.Path, floor: 1e-2);
    }

    static Tensor Loss(ICausalModel model)
    {
        var device = model.Parameters.Device;
        return model.Loss(Batch.Of(device, Sequences), device.From(Targets));
    }

    static double Backward(ICausalModel model)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var loss = Loss(model);
        tape.Backward(loss);
        return loss.Item();
    }
}
