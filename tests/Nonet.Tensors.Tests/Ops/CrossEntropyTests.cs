using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class CrossEntropyTests
{
    [Theory] // below, on and off every register width; sums of several folds
    [InlineData(1), InlineData(2), InlineData(7), InlineData(16), InlineData(33), InlineData(65), InlineData(4099)]
    public void CrossEntropy_matches_its_definition(int vocab)
    {
        if (Op.Tiny && vocab > 100)
            return;
        foreach (var smoothing in vocab == 1 ? new[] { 0f } : [0f, 0.1f])
            Op.Check(t => Ops.CrossEntropy(t[0], t[1].Ids(), smoothing: smoothing), [Seeded.Normal(2, [5, vocab]), Seeded.Ids(vocab, 5)],
                finiteDifferences: vocab < 1000);
    }

    [Theory]
    [InlineData(2), InlineData(7), InlineData(33), InlineData(4099)]
    public void LogProbabilities_match_their_definition(int vocab)
    {
        if (Op.Tiny && vocab > 100)
            return;
        Op.Check(t => Ops.LogProbabilities(t[0], t[1].Ids()), [Seeded.Normal(2, [4, vocab]), Seeded.Ints(1, -1, 0, vocab - 1)],
            finiteDifferences: vocab < 1000);
    }

    [Fact]
    public void Ignored_targets_match_the_definition()
    {
        Op.Check(t => Ops.CrossEntropy(t[0], t[1].Ids()), [Seeded.Normal(5, 9), Seeded.Ints(-1, 3, -1, 8, 0)]);
        Op.Check(t => Ops.CrossEntropy(t[0], t[1].Ids(), ignore: 0, smoothing: 0.2f), [Seeded.Normal(5, 9), Seeded.Ints(0, 3, 0, 8, 1)]);
        Op.Check(t => Ops.CrossEntropy(t[0], t[1].Ids(), ignore: -100), [Seeded.Normal(2, 9), Seeded.Ints(-100, 3)]);
    }

    [Fact]
    public void Gradient_over_the_logits_matches_the_definition()
    {
        foreach (var vocab in new[] { 3, 19, 65 })
        {
            Input[] inputs = [Seeded.Normal(6, 5), Seeded.Normal(vocab, 5), Seeded.Ints(0, -1, 2, 1, 0, 2)];
            Op.Check(t => Ops.CrossEntropy(Ops.Linear(t[0], t[1]), t[2].Ids(), smoothing: 0.1f), inputs);
            Op.Check(t => Ops.LogProbabilities(Ops.Linear(t[0], t[1]), t[2].Ids()), inputs);
        }
    }

    [Theory]
    [InlineData(2), InlineData(33), InlineData(4099)]
    public void Z_loss_matches_its_definition(int vocab)
    {
        if (Op.Tiny && vocab > 100)
            return;
        Op.Check(t => Ops.CrossEntropy(t[0], t[1].Ids(), smoothing: 0.1f, zLoss: 0.05f), [Seeded.Normal(2, [5, vocab]), Seeded.Ints(1, -1, 0, vocab - 1, 1)],
            finiteDifferences: vocab < 1000);
        Op.Check(t => Ops.CrossEntropy(Ops.Linear(t[0], t[1]), t[2].Ids(), zLoss: 0.3f), [Seeded.Normal(4, 5), Seeded.Normal(7, 5), Seeded.Ints(0, 6, -1, 3)]);
    }

    [Fact] // two equal logits a: log-sum-exp a + log 2. Loss log 2 + ζ (a + log 2)²; gradient ½ (1 + 2 ζ (a + log 2)) − q
    public void Z_loss_as_computed_by_hand()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Op.Cpus[0].From(new Shape(1, 2), [3f, 3f]).Watch();
        var loss = Ops.CrossEntropy(x, Op.Cpus[0].From([1]), zLoss: 0.1f);
        var lse = 3 + Math.Log(2);
        Assert.Equal(Math.Log(2) + 0.1 * lse * lse, loss.Item(), 1e-6);
        loss.Backward();
        Op.Close([0.5 + 0.1 * lse, 0.1 * lse - 0.5], x.Gradient!.ToDoubles(), 1e-6, "gradient");
        x.Gradient.Dispose();
        Assert.Contains("z-loss", Assert.Throws<ShapeException>(() => Ops.CrossEntropy(x, Op.Cpus[0].From([1]), zLoss: -1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Smoothed_loss_and_gradient_as_computed_by_hand()
    {
        // p = (1/4, 1/4, 1/2), target 2, ε = 0.2: q = (0.1, 0.1, 0.8). −Σ q log p = 0.2 log 4 + 0.8 log 2 = 1.2 log 2. Gradient: p − q.
        using var scope = new TensorScope();
        foreach (var cpu in Op.Cpus)
        {
            using var tape = new Tape();
            var x = cpu.From(new Shape(2, 3), [0f, 0f, MathF.Log(2), 5f, 5f, 5f]).Watch();
            var loss = Ops.CrossEntropy(x, cpu.From([2, -1]), smoothing: 0.2f);
            Assert.Equal(1.2 * Math.Log(2), loss.Item(), 1e-6);
            loss.Backward();
            Op.Close([0.15, 0.15, -0.3, 0, 0, 0], x.Gradient!.ToDoubles(), 1e-6, "gradient");
            x.Gradient.Dispose();
        }
    }

    [Fact]
    public void Uniform_logits_cost_the_logarithm_of_the_vocabulary()
    {
        using var scope = new TensorScope();
        var vocab = Op.Tiny ? 77 : 50257;
        var x = Op.Cpus[1].Full(new Shape(3, vocab), DType.F32, 1e4); // large enough that a log-sum-exp in float would lose three digits
        Assert.Equal(Math.Log(vocab), Ops.CrossEntropy(x, Op.Cpus[1].From([0, 17, vocab - 1])).Item(), 1e-5);
        Assert.Equal(Math.Log(vocab), Ops.CrossEntropy(x, Op.Cpus[1].From([0, 17, vocab - 1]), smoothing: 0.1f).Item(), 1e-5);
        Assert.Equal(-Math.Log(vocab), Ops.LogProbabilities(x, Op.Cpus[1].From([0, 17, vocab - 1])).Value(1), 1e-5);
    }

    [Fact]
    public void Batch_of_ignored_targets_costs_nothing_and_moves_nothing()
    {
        using var scope = new TensorScope();
        foreach (Device device in new Device[] { Op.Reference, Op.Cpus[1] })
        {
            using var tape = new Tape();
            var x = device.Full(new Shape(2, 5), device.Float, 3).Watch();
            var loss = Ops.CrossEntropy(x, device.From([-1, -1]), smoothing: 0.1f);
            Assert.Equal(0, loss.Item());
            loss.Backward();
            Assert.All(x.Gradient!.ToDoubles(), g => Assert.Equal(0, g));
            x.Gradient.Dispose();
        }
    }

    [Fact]
    public void Log_probability_of_an_ignored_target_is_zero()
    {
        using var scope = new TensorScope();
        var y = Ops.LogProbabilities(Op.Cpus[0].Zeros(new Shape(3, 4)), Op.Cpus[0].From([1, -7, 3]));
        Op.Close([-Math.Log(4), 0, -Math.Log(4)], y.ToDoubles(), 1e-7, "log-probabilities");
    }

    [Theory]
    [InlineData(5), InlineData(-2), InlineData(int.MaxValue)]
    public void A_target_outside_the_vocabulary_is_named(int target)
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var e = Assert.Throws<ShapeException>(() => Ops.CrossEntropy(device.Zeros(new Shape(3, 5)), device.From([-1, 0, target])));
        Assert.Contains($"target 2 is {target}", e.Message, StringComparison.Ordinal);
        Assert.Contains("5 classes", e.Message, StringComparison.Ordinal);
        if (target < 0)
            return;
        e = Assert.Throws<ShapeException>(() => Ops.LogProbabilities(device.Zeros(new Shape(3, 5)), device.From([-1, 0, target])));
        Assert.Contains($"target 2 is {target}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_named()
    {
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        Assert.Throws<ShapeException>(() => Ops.CrossEntropy(device.Zeros(new Shape(3, 5)), device.From([0, 1])));
        Assert.Throws<ShapeException>(() => Ops.CrossEntropy(device.Zeros(new Shape(1, 5)), device.From([0]), smoothing: 1));
        Assert.Throws<ShapeException>(() => Ops.CrossEntropy(device.Zeros(new Shape(1, 5)), device.From([0]), smoothing: float.NaN));
        Assert.Throws<ShapeException>(() => Ops.CrossEntropy(device.Zeros(new Shape(1, 1)), device.From([0]), smoothing: 0.1f));
    }

    [Fact]
    public void Logits_become_their_gradient_and_cannot_be_used_afterwards()
    {
        using var device = new Cpu.CpuDevice(new Cpu.CpuOptions { Threads = 2 });
        const int Rows = 64, Vocab = 512;
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = device.Full(new Shape(Rows, 2), DType.F32, 1).Watch();
        var logits = Ops.Linear(x, device.Full(new Shape(Vocab, 2), DType.F32, 0.5));
        var loss = Ops.CrossEntropy(logits, device.From([.. Enumerable.Repeat(3, Rows)]));
        var before = device.Pool.AllocatedBytes;
        loss.Backward();
        Assert.True(device.Pool.AllocatedBytes - before < Rows * Vocab * sizeof(float), "a second buffer as large as the logits was allocated");
        var e = Assert.Throws<InvalidOperationException>(() => Ops.Softmax(logits));
        Assert.Contains($"({Rows}, {Vocab})", e.Message, StringComparison.Ordinal);
        Assert.Contains("before Backward", e.Message, StringComparison.Ordinal);
        x.Gradient!.Dispose();
    }

    [Fact]
    public void Logits_that_somebody_else_reads_are_left_alone()
    {
        Input[] inputs = [Seeded.Normal(4, 5), Seeded.Normal(7, 5), Seeded.Ids(7, 4)];
        // read by two losses, by the op that made them, by a view
        Op.Check(t =>
        {
            var logits = Ops.Linear(t[0], t[1]);
            return Ops.Concat(0, Ops.LogProbabilities(logits, t[2].Ids()), Ops.CrossEntropy(logits, t[2].Ids()).Reshape(new Shape(1)));
        }, inputs);
        Op.Check(t => Ops.CrossEntropy(Ops.LogSoftmax(Ops.Linear(t[0], t[1])), t[2].Ids()), inputs);
        Op.Check(t =>
        {
            var logits = Ops.Linear(t[0], t[1]);
            return Ops.Concat(0, Ops.LogProbabilities(logits.Reshape(new Shape(2, 2, 7)), t[2].Ids()), Ops.Sum(Ops.Softmax(logits), lastAxis: true));
        }, inputs);
    }
}
