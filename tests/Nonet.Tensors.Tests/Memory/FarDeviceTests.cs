using Nonet.Tensors.Cpu;
using Nonet.Tensors.Far;
using Xunit;

namespace Nonet.Tensors.Tests.Memory;

/// <summary>What a tensor gives where the host cannot read its memory.</summary>
public class FarDeviceTests
{
    static readonly FarDevice far = Op.Far;

    [Fact]
    public void Nothing_reads_or_writes_its_memory_by_an_address()
    {
        using var scope = new TensorScope();
        var x = far.From(new Shape(2, 2), [1f, 2, 3, 4]);
        var actions = new (string Name, Action Access)[]
        {
            ("AsSpan", () => x.AsSpan<float>()),
            ("Value", () => x.Value(0)),
            ("SetValue", () => x.SetValue(0, 1)),
            ("RowBytes", () => x.RowBytes(0, 1)),
            ("a kernel of the host", () => Op.Cpus[0].Fill(x, 1)),
        };
        foreach (var (name, access) in actions)
        {
            var e = Assert.Throws<NotSupportedException>(access);
            Assert.Contains("(2, 2) F32 is on device 'far'", e.Message, StringComparison.Ordinal);
            Assert.True(e.Message.Contains("Download", StringComparison.Ordinal), name);
        }
        Assert.Equal([1, 2, 3, 4], x.ToDoubles());
    }

    [Fact]
    public void Values_come_and_go_by_upload_and_download()
    {
        using var far = new FarDevice(new CpuOptions { Threads = 1 }); // its own: other tests, at the same time, download from the shared one
        using var scope = new TensorScope();
        var before = far.Downloads;
        var x = far.From(new Shape(3), [1.5, -2, 0.25], DType.BF16);
        var ids = far.From([4, -1, 7]);
        Assert.Equal((-1, 7, 3), (ids.Min, ids.Max, ids.Count));
        Assert.Equal([4, -1, 7], ids.Values.ToArray()); // the host's own
        Assert.Equal(before, far.Downloads);
        Assert.Equal(DType.BF16, x.Download().DType);
        Assert.Equal(before + 1, far.Downloads);
        Assert.Equal([1.5, -2, 0.25], x.ToDoubles());
        Assert.Equal(2, Ops.Slice(Ops.Scale(far.From(new Shape(2), [3f, 1f]), 2), 0, 1, 1).Item());
        far.Upload(far.Host.From(new Shape(3), [7, 8, 9], DType.BF16), x);
        Assert.Equal([7, 8, 9], x.ToDoubles());
        Assert.Same(x.Download().Device, far.Host);
        var near = far.Host.From(new Shape(1), [1f]);
        Assert.Same(near, near.Download());
        Assert.Same(near, far.Host.Upload(near));
    }

    [Fact]
    public void Drawn_and_computed_values_are_those_of_every_device()
    {
        using var scope = new TensorScope();
        var (a, b) = (far.Empty(new Shape(20_000)), Op.Cpus[1].Empty(new Shape(20_000)));
        foreach (var x in (Tensor[])[a, b])
            x.Device.FillNormal(x, 1, 0.5, new RandomKey(3, 0, 0));
        Assert.Equal(b.ToDoubles(), a.ToDoubles());
        foreach (var x in (Tensor[])[a, b])
            x.Device.FillTruncatedNormal(x, 1, 0.5, 2, new RandomKey(3, 0, 0));
        Assert.Equal(b.ToDoubles(), a.ToDoubles());
        foreach (var x in (Tensor[])[a, b])
            x.Device.Fill(x, i => 1 / (1.0 + i));
        Assert.Equal(b.ToDoubles(), a.ToDoubles());
    }

    [Fact]
    public void Buffers_are_used_again()
    {
        using var device = new FarDevice(new Cpu.CpuOptions { Threads = 1 });
        long first = 0, prepared = 0;
        for (var step = 0; step < 4; step++)
        {
            using var scope = new TensorScope();
            var y = Ops.Embedding(device.Zeros(new Shape(10, 4)), device.From([1, 2, 3]));
            Assert.Equal(0, Ops.SumOfSquares(y));
            if (step == 0)
                (first, prepared) = (device.Pool.AllocatedBytes, device.Host.Pool.AllocatedBytes);
            Assert.Equal((first, prepared), (device.Pool.AllocatedBytes, device.Host.Pool.AllocatedBytes));
        }
        device.Pool.Trim();
        Assert.Equal(0, device.Pool.AllocatedBytes);
    }

    [Fact]
    public void Kernels_take_tensors_of_their_own_device()
    {
        using var scope = new TensorScope();
        Assert.ThrowsAny<Exception>(() => Ops.Add(far.Zeros(new Shape(2)), Op.Cpus[0].Zeros(new Shape(2))));
        Assert.Throws<ShapeException>(() => far.Upload(far.Host.Zeros(new Shape(2)), far.Zeros(new Shape(3))));
    }
}
