using Xunit;

namespace Nonet.Tensors.Tests;

public class MixtureOfExpertsTests
{
    const int Experts = 5, Hidden = 11;

    /// <summary>Probabilities that are far enough apart for finite differences not to change the choice.</summary>
    static Input Probabilities(int rows)
    {
        var values = Seeded.Uniform(0.02, 0.03, rows, Experts).Values;
        for (var row = 0; row < rows; row++)
        {
            for (var e = 0; e < Experts; e++)
                values[row * Experts + e] += 0.1 * ((e * 3 + row * 2) % Experts);
        }
        return new Input(new Shape(rows, Experts), [.. values.Select(v => (double)(float)v)], DType.F32, true);
    }

    static Input[] Inputs(int rows, int width, Func<Input, Input>? weights = null)
    {
        weights ??= w => w;
        return
        [
            Seeded.Normal(rows, width), Probabilities(rows),
            .. Enumerable.Range(0, 2 * Experts).Select(_ => weights(Seeded.Normal(0.4, [Hidden, width]))),
            .. Enumerable.Range(0, Experts).Select(_ => weights(Seeded.Normal(0.4, [width, Hidden]))),
        ];
    }

    static Func<Tensor[], Tensor> Mixture(ExpertRouting routing) =>
        t => Ops.MixtureOfExperts(t[0], t[1], t[2..(2 + Experts)], t[(2 + Experts)..(2 + 2 * Experts)], t[(2 + 2 * Experts)..], routing);

    [Theory] // one token, an expert without tokens, more tokens than rows of a tile
    [InlineData(1, 1, true), InlineData(1, 2, false), InlineData(3, 2, true), InlineData(9, 5, true), InlineData(23, 2, true), InlineData(23, 3, false)]
    public void Mixture_of_experts_matches_its_definition(int rows, int chosen, bool normalized) =>
        Op.Check(Mixture(new ExpertRouting(chosen, normalized)), Inputs(rows, 7));

    [Fact]
    public void Other_activations_match_the_definition() => Op.Check(Mixture(new ExpertRouting(2, Activation: Activation.GeluTanh)), Inputs(6, 7));

    [Theory]
    [InlineData(DType.BF16), InlineData(DType.F16)]
    public void Frozen_experts_of_two_bytes_match_the_definition_and_still_give_dx(DType type) =>
        Op.Check(Mixture(new ExpertRouting(2)), Inputs(9, 7, w => w.As(type).Constant()));

    [Fact]
    public void Of_experts_that_are_alike_the_earlier_is_chosen()
    {
        var (chosen, weights) = (new int[2], new double[2]);
        var divisor = new ExpertRouting(2).Choose([0.2, 0.3, 0.2, 0.3], chosen, weights);
        Assert.Equal([1, 3], chosen);
        Assert.Equal([0.5, 0.5], weights);
        Assert.Equal(0.6, divisor, 12);
        Assert.Equal(1, new ExpertRouting(3, Normalized: false).Choose([0.2, 0.3, 0.2, 0.3], new int[3], new double[3]));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var device = Op.Cpus[0];
        Tensor[] ups = [device.Zeros(new Shape(3, 4)), device.Zeros(new Shape(3, 4))], downs = [device.Zeros(new Shape(4, 3)), device.Zeros(new Shape(4, 3))];
        Tensor x = device.Zeros(new Shape(2, 4)), p = device.Zeros(new Shape(2, 2));
        Assert.Contains("3 of 2 experts", Assert.Throws<ShapeException>(() => Ops.MixtureOfExperts(x, p, ups, ups, downs, new ExpertRouting(3))).Message,
            StringComparison.Ordinal);
        Assert.Contains("(2, 2)", Assert.Throws<ShapeException>(() => Ops.MixtureOfExperts(x, x, ups, ups, downs, new ExpertRouting(1))).Message,
            StringComparison.Ordinal);
        Assert.Contains("expert 0", Assert.Throws<ShapeException>(() => Ops.MixtureOfExperts(x, p, ups, ups, ups, new ExpertRouting(1))).Message,
            StringComparison.Ordinal);
    }
}
