using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class TapeTests
{
    static readonly Device Cpu = Op.Cpus[1];

    [Fact]
    public void Tensor_used_after_its_scope_throws()
    {
        Tensor x;
        using (new TensorScope())
            x = Cpu.Zeros(new Shape(3));
        Assert.Throws<ObjectDisposedException>(() => x.Value(0));
    }

    [Fact]
    public void Keep_moves_a_tensor_out()
    {
        Tensor x;
        using (var scope = new TensorScope())
            x = scope.Keep(Cpu.Full(new Shape(3), DType.F32, 2));
        Assert.Equal(2, x.Value(1));
        x.Dispose();
    }

    [Fact]
    public void Nothing_is_recorded_without_a_tape()
    {
        using var scope = new TensorScope();
        var x = Cpu.Zeros(new Shape(3)).Watch();
        Assert.False(x.Reshape(new Shape(1, 3)).RequiresGrad);
        using var tape = new Tape();
        Assert.True(x.Reshape(new Shape(1, 3)).RequiresGrad);
    }

    [Fact]
    public void Nothing_is_recorded_while_suspended()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.Full(new Shape(3), DType.F32, 2).Watch();
        using (Tape.Suspend())
        {
            Assert.False(Tape.IsRecording);
            Assert.False(Ops.Sum(x).RequiresGrad);
        }
        Assert.True(Tape.IsRecording);
        Ops.Sum(x).Backward();
        Assert.Equal([1, 1, 1], Taken(x));
    }

    [Fact]
    public void Gradients_of_all_uses_add_up()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.From(new Shape(2), [3f, 5f]).Watch();
        var total = Ops.Sum(x);
        for (var i = 0; i < 9; i++)
            total = new Plus().Of(total, Ops.Sum(i % 2 == 0 ? x : x.Reshape(new Shape(1, 2))));
        total.Backward();
        Assert.Equal([10, 10], Taken(x));
    }

    [Fact]
    public void A_result_used_twice_by_one_op_gets_both_gradients()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.From(new Shape(2), [3f, 5f]).Watch();
        var a = x.Reshape(new Shape(2, 1)); // a result: the gradient may be handed to it without a copy
        tape.Backward(new Plus().Of(a, a), Cpu.From(new Shape(2, 1), [1f, 10f]));
        Assert.Equal([2, 20], Taken(x));
    }

    [Fact]
    public void A_gradient_handed_to_one_input_is_not_shared_with_another()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.From(new Shape(2), [3f, 5f]).Watch();
        var z = Cpu.From(new Shape(2), [7f, 9f]).Watch();
        var a = x.Reshape(new Shape(2, 1));
        var b = z.Reshape(new Shape(2, 1));
        var y = new Plus().Of(new Plus().Of(a, b), new Plus().Of(a, a));
        tape.Backward(y, Cpu.From(new Shape(2, 1), [1f, 10f]));
        Assert.Equal([3, 30], Taken(x));
        Assert.Equal([1, 10], Taken(z));
    }

    [Fact]
    public void A_chain_hands_one_gradient_buffer_on()
    {
        using var device = new Cpu.CpuDevice(new Cpu.CpuOptions { Threads = 1 });
        using var scope = new TensorScope();
        using var tape = new Tape();
        const int Elements = 1 << 16;
        var x = device.Zeros(new Shape(Elements)).Watch();
        var y = x.Reshape(new Shape(16, Elements / 16));
        for (var i = 0; i < 20; i++)
            y = Ops.Softmax(y.Reshape(new Shape(16, Elements / 16)));
        var dy = device.Zeros(y.Shape);
        var before = device.Pool.AllocatedBytes;
        tape.Backward(y, dy);
        Assert.InRange(device.Pool.AllocatedBytes - before, 1, 3 * Elements * sizeof(float)); // the chain's, and the leaf's own
        Taken(x);
    }

    [Fact]
    public void A_watched_result_keeps_its_gradient_as_it_was()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.From(new Shape(1, 2), [3f, 5f]).Watch();
        var hidden = Ops.Softmax(x.Reshape(new Shape(1, 2))).Watch(); // its op would have written dx over dy
        tape.Backward(Ops.Softmax(hidden.Reshape(new Shape(1, 2))), Cpu.From(new Shape(1, 2), [1f, 0f]));
        var at = hidden.ToDoubles();
        var p = 1 / (1 + Math.Exp(at[1] - at[0]));
        Op.Close([p * (1 - p), -p * (1 - p)], Taken(hidden), 1e-6, "gradient of the watched result");
        Taken(x);
    }

    [Fact]
    public void An_output_that_nobody_uses_costs_nothing()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.Full(new Shape(2, 3), DType.F32, 1).Watch();
        Tensor used = Cpu.Full(new Shape(4, 3), DType.F32, 0.5).Watch(), unused = Cpu.Full(new Shape(5, 3), DType.F32, 0.5).Watch();
        var y = Ops.LinearMany(x, [unused, used]);
        tape.Backward(y[1], Cpu.Full(new Shape(2, 4), DType.F32, 1));
        Assert.Null(unused.Gradient);
        Assert.All(Taken(used), g => Assert.Equal(2, g));
        Assert.All(Taken(x), g => Assert.Equal(2, g));
    }

    [Fact]
    public void A_branch_that_the_result_does_not_depend_on_gets_no_gradient()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        Tensor x = Cpu.Full(new Shape(2), DType.F32, 1).Watch(), z = Cpu.Full(new Shape(2), DType.F32, 1).Watch();
        var y = Ops.Sum(x);
        Ops.Sum(z);
        y.Backward();
        Assert.Null(z.Gradient);
        Assert.Equal([1, 1], Taken(x));
    }

    [Fact]
    public void Gradients_of_two_passes_add_up()
    {
        using var scope = new TensorScope();
        var x = Cpu.Full(new Shape(2), DType.F32, 1).Watch();
        for (var pass = 0; pass < 2; pass++)
        {
            using var tape = new Tape();
            Ops.Sum(x).Backward();
        }
        Assert.Equal([2, 2], Taken(x));
    }

    [Fact]
    public void A_tape_inside_another_leaves_it_alone()
    {
        using var scope = new TensorScope();
        using var outer = new Tape();
        var x = Cpu.Full(new Shape(2), DType.F32, 1).Watch();
        var z = Cpu.Full(new Shape(2), DType.F32, 1).Watch();
        var y = Ops.Sum(x);
        using (new Tape())
            Ops.Mean(z).Backward();
        Assert.Null(x.Gradient);
        Assert.Equal([0.5, 0.5], Taken(z));
        y.Backward();
        Assert.Equal([1, 1], Taken(x));
    }

    [Fact]
    public void Backward_from_many_elements_takes_their_gradient()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Cpu.From(new Shape(2, 2), [1f, 2, 3, 4]).Watch();
        tape.Backward(Ops.Transpose(x, 0, 1), Cpu.From(new Shape(2, 2), [10f, 20, 30, 40]));
        Assert.Equal([10, 30, 20, 40], Taken(x));
    }

    [Fact]
    public void Misuse_is_named()
    {
        using var scope = new TensorScope();
        var x = Cpu.Zeros(new Shape(2)).Watch();
        Assert.Contains("open Tape", Assert.Throws<InvalidOperationException>(() => Ops.Sum(x).Backward()).Message, StringComparison.Ordinal);
        var outer = new Tape();
        var y = Ops.Reshape(x, new Shape(1, 2));
        Assert.Contains("(1, 2)", Assert.Throws<ShapeException>(() => outer.Backward(y)).Message, StringComparison.Ordinal);
        Assert.Contains("(3)", Assert.Throws<ShapeException>(() => outer.Backward(y, Cpu.Zeros(new Shape(3)))).Message, StringComparison.Ordinal);
        Assert.Contains("no recorded op", Assert.Throws<InvalidOperationException>(() => outer.Backward(Cpu.Zeros(new Shape(1)))).Message,
            StringComparison.Ordinal);
        using (new Tape())
        {
            Assert.Contains("innermost", Assert.Throws<InvalidOperationException>(() => outer.Backward(y, Cpu.Zeros(new Shape(1, 2)))).Message,
                StringComparison.Ordinal);
            Assert.Contains("reverse order", Assert.Throws<InvalidOperationException>(outer.Dispose).Message, StringComparison.Ordinal);
        }
        outer.Dispose();
        Assert.Null(Tape.Current);
    }

    /// <summary>The gradient, which belongs to no scope, as doubles; handed back.</summary>
    static double[] Taken(Tensor x)
    {
        var values = x.Gradient!.ToDoubles();
        x.Gradient.Dispose();
        return values;
    }

    /// <summary>a + b that hands its gradient to both.</summary>
    sealed class Plus
    {
        public Tensor Of(Tensor a, Tensor b) =>
            Tape.Record(a.Device.From(a.Shape, [.. a.ToDoubles().Zip(b.ToDoubles(), (x, y) => x + y)], a.DType), new PlusNode(a, b));

        sealed class PlusNode(Tensor a, Tensor b) : Node(a, b)
        {
            public override void Run(Tensor? dy)
            {
                Pass(0, dy!);
                Pass(1, dy!);
            }
        }
    }
}
