using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

public class GarbageTests
{
    [Fact]
    public void Passes_at_steady_state_leave_next_to_nothing_to_collect()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 2 });
        using var store = new ParameterStore(device);
        const int Vocab = 19, Width = 8, Rows = 12;
        var tokens = (store.Root / "tokens").Add(new Shape(Vocab, Width), Initialization.Normal(0.1), ParameterRole.Embedding);
        var query = (store.Root / "query").Add(new Shape(Width, Width), Initialization.Normal(0.1), ParameterRole.Matrix);
        var key = (store.Root / "key").Add(new Shape(Width, Width), Initialization.Normal(0.1), ParameterRole.Matrix);
        store.FillForTraining(seed: 1);
        var table = new RotaryTable(device, 64, 4);
        var ids = device.From([.. Enumerable.Range(0, Rows)]);
        var weights = new[] { query.Value, key.Value };
        for (var i = 0; i < 20; i++)
            Step();
        var (allocated, pool) = (GC.GetAllocatedBytesForCurrentThread(), device.Pool.AllocatedBytes);
        const int Passes = 200;
        for (var i = 0; i < Passes; i++)
            Step();
        var each = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Passes;
        Assert.Equal(pool, device.Pool.AllocatedBytes);
        Assert.InRange(each, 1, 6 * 1024);
        ids.Dispose();

        void Step()
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            store.ClearGradients();
            var x = Ops.Embedding(tokens.Value, ids);
            var y = Ops.LinearMany(x, weights);
            var q = Ops.Rotary(y[0], ids, table, 4);
            var k = Ops.Rotary(y[1], ids, table, 4);
            var mixed = Ops.MatMul(Ops.Softmax(Ops.MatMul(q, k, transposeB: true)), x);
            Ops.CrossEntropy(Ops.Linear(mixed, tokens.Value), ids, smoothing: 0.1f).Backward();
            store.CompleteGradients();
        }
    }
}
