using Xunit;
using Xunit.Sdk;

namespace Nonet.Tensors.Tests;

/// <summary>The checker of ops sees what is wrong.</summary>
public class OpTests
{
    /// <summary>The second input counts for the value, and its gradient is lost.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void An_input_without_its_gradient_fails(bool finiteDifferences)
    {
        var e = Assert.ThrowsAny<XunitException>(() =>
            Op.Check(t => Ops.Add(t[0], t[1].Device.From(t[1].Shape, t[1].ToDoubles(), t[1].DType)), [Seeded.Normal(3, 4), Seeded.Normal(3, 4)],
                finiteDifferences: finiteDifferences));
        Assert.Contains("input 1 is differentiable, and has no gradient on the reference device", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_op_that_records_nothing_fails() =>
        Assert.ThrowsAny<XunitException>(() =>
        Op.Check(t => t[0].Device.From(t[0].Shape, t[0].ToDoubles(), t[0].DType), [Seeded.Normal(3)], finiteDifferences: false));
}
