using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class CheckpointTests
{
    [Fact]
    public void Gradients_have_the_same_bits_as_without()
    {
        Input[] inputs = [Seeded.Normal(6, 9), Seeded.Normal(9, 9), Seeded.Normal(9, 9), Seeded.Normal(9)];
        foreach (var device in (Device[])[Op.Reference, .. Op.Cpus])
        {
            var plain = Op.Run(device, t => Deep(t, keep: true), inputs);
            var saved = Op.Run(device, t => Deep(t, keep: false), inputs);
            Assert.Equal(plain.Y, saved.Y);
            for (var i = 0; i < inputs.Length; i++)
                Assert.Equal(plain.Gradients[i]!, saved.Gradients[i]!);
        }
    }

    [Fact]
    public void Checkpointed_graph_matches_its_definition() =>
        Op.Check(t => Deep(t, keep: false), [Seeded.Normal(4, 5), Seeded.Normal(5, 5), Seeded.Normal(5, 5), Seeded.Normal(5)]);

    [Fact]
    public void Parameters_inside_get_gradients_where_the_input_wants_none()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var device = Op.Cpus[1];
        var w = device.Full(new Shape(2, 3), DType.F32, 1).Watch();
        var y = Ops.Checkpoint(h => Ops.Linear(h, w), device.Full(new Shape(4, 3), DType.F32, 0.5));
        Ops.Sum(y).Backward();
        Assert.All(w.Gradient!.ToDoubles(), g => Assert.Equal(2, g));
        w.Gradient.Dispose();
    }

    [Fact]
    public void What_lies_inside_is_not_kept()
    {
        using var device = new Cpu.CpuDevice(new Cpu.CpuOptions { Threads = 1 });
        const int Elements = 1 << 16;
        Assert.InRange(Peak(checkpoint: true), 1, Peak(checkpoint: false) - 8 * Elements * sizeof(float));

        long Peak(bool checkpoint)
        {
            device.Pool.Trim();
            using var scope = new TensorScope();
            using var tape = new Tape();
            var x = device.Zeros(new Shape(16, Elements / 16)).Watch();
            var y = x;
            for (var i = 0; i < 8; i++)
                y = checkpoint ? Ops.Checkpoint(Inner, y) : Inner(y);
            Ops.Sum(y).Backward();
            x.Gradient!.Dispose();
            return device.Pool.AllocatedBytes;
        }

        static Tensor Inner(Tensor x)
        {
            for (var i = 0; i < 4; i++)
                x = Ops.Softmax(x);
            return x;
        }
    }

    /// <summary>Two blocks that share a weight, with dropped elements drawn again from the same key.</summary>
    static Tensor Deep(Tensor[] t, bool keep)
    {
        var x = t[0];
        for (var i = 0; i < 2; i++)
        {
            var key = new RandomKey(3, 1, (uint)i);
            Tensor Block(Tensor h) => Ops.Linear(Dropped(Ops.Softmax(Ops.Linear(h, t[1], t[3])), key), t[2], null, h);
            x = keep ? Block(x) : Ops.Checkpoint(Block, x);
        }
        return x;
    }

    static Tensor Dropped(Tensor x, RandomKey key)
    {
        var mask = x.Device.From(x.Shape, [.. Enumerable.Range(0, (int)x.Elements).Select(i => Philox.Uniform(key, (ulong)i) < 0.5 ? 0.0 : 2.0)], x.DType);
        return Tape.Record(Times(x, mask), new DroppedNode(x, mask));
    }

    static Tensor Times(Tensor a, Tensor b) => a.Device.From(a.Shape, [.. a.ToDoubles().Zip(b.ToDoubles(), (x, y) => x * y)], a.DType);

    sealed class DroppedNode(Tensor x, Tensor mask) : Node(x)
    {
        public override void Run(Tensor? dy)
        {
            using var dx = Times(dy!, mask);
            x.Device.Accumulate(dx, Into(0));
        }
    }
}
