using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

/// <summary>What a tensor says of itself.</summary>
public class TensorTextTests
{
    [Fact]
    public void It_shows_its_first_values()
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var x = device.From(new Shape(2, 3), [1f, 2, 3, 4, 5, 6.5f]);
        Assert.Equal("Tensor (2, 3) F32 [1, 2, 3, 4, 5, 6.5]", $"{x}");
        Assert.Equal("Tensor () F32 21.5", $"{Ops.Sum(x)}");
        Assert.EndsWith("15, 16, …]", $"{device.From(new Shape(20), [.. Enumerable.Range(1, 20).Select(i => (float)i)])}", StringComparison.Ordinal);
        x.Dispose();
        Assert.Equal("Tensor (2, 3) F32 (released)", $"{x}");
    }
}
