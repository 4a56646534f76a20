using Xunit;

namespace Nonet.Tensors.Tests;

public class SoftmaxTests
{
    [Theory] // below, on and off every register width; sums of several folds
    [InlineData(1), InlineData(3), InlineData(7), InlineData(16), InlineData(33), InlineData(65), InlineData(4099)]
    public void Softmax_and_its_logarithm_match_their_definitions(int width)
    {
        if (Op.Tiny && width > 100)
            return;
        Op.Check(t => Ops.Softmax(t[0]), [Seeded.Normal(2, [3, width])], finiteDifferences: width < 1000);
        Op.Check(t => Ops.LogSoftmax(t[0]), [Seeded.Normal(2, [3, width])], finiteDifferences: width < 1000);
    }

    [Fact]
    public void Gradients_pass_through_a_softmax_of_a_result() =>
        Op.Check(t => Ops.Softmax(Ops.LogSoftmax(Ops.Linear(t[0], t[1]))), [Seeded.Normal(3, 5), Seeded.Normal(17, 5)]);

    [Fact]
    public void Large_and_forbidden_logits_stay_finite()
    {
        using var scope = new TensorScope();
        foreach (var cpu in Op.Cpus)
        {
            var x = cpu.From(new Shape(2, 3), [1000f, 999f, float.NegativeInfinity, -1e30f, -1e30f, float.NegativeInfinity]);
            Op.Close([0.731058579, 0.268941421, 0, 0.5, 0.5, 0], Ops.Softmax(x).ToDoubles(), 1e-6, "softmax");
            Op.Close([-0.313261688, -1.313261688, double.NegativeInfinity, -0.693147181, -0.693147181, double.NegativeInfinity], Ops.LogSoftmax(x).ToDoubles(),
                1e-6, "log-softmax");
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_others()
    {
        using var scope = new TensorScope();
        var x = Seeded.Normal(40, 37);
        var all = Ops.Softmax(Op.Cpus[1].From(x.Shape, x.Values, DType.F32)).ToDoubles();
        var one = Ops.Softmax(Op.Cpus[1].From(new Shape(1, 37), x.Values.AsSpan(17 * 37, 37), DType.F32)).ToDoubles();
        Assert.Equal(all[(17 * 37)..(18 * 37)], one);
    }
}
