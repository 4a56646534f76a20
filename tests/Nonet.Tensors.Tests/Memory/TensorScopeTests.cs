using Xunit;

namespace Nonet.Tensors.Tests;

public class TensorScopeTests
{
    static Tensor Make() => Op.Cpus[0].Full(new Shape(3), DType.F32, 1);

    [Fact]
    public void Each_scope_owns_what_was_made_in_it()
    {
        Tensor outer, inner;
        using (new TensorScope())
        {
            outer = Make();
            using (new TensorScope())
                inner = Make();
            Assert.True(inner.IsDisposed);
            Assert.Equal(1, outer.Value(2));
        }
        Assert.True(outer.IsDisposed);
    }

    [Fact]
    public void Keep_moves_one_scope_up_and_no_further()
    {
        Tensor x;
        using (var outer = new TensorScope())
        {
            using (var inner = new TensorScope())
                x = inner.Keep(Make());
            Assert.False(x.IsDisposed);
            Assert.Same(outer, x.Scope);
        }
        Assert.True(x.IsDisposed);
    }

    [Fact]
    public void Keep_leaves_tensors_of_other_scopes_alone()
    {
        using var outer = new TensorScope();
        var x = Make();
        using (var inner = new TensorScope())
            inner.Keep(x);
        Assert.Same(outer, x.Scope);
    }

    [Fact]
    public void A_tensor_outside_any_scope_lives_until_it_is_disposed()
    {
        var x = Make();
        using (new TensorScope())
            Assert.Equal(1, x.Value(0));
        Assert.Equal(1, x.Value(0));
        x.Dispose();
        Assert.True(x.IsDisposed);
    }

    [Fact]
    public void Unscoped_tensors_outlive_every_scope()
    {
        Tensor x;
        using (new TensorScope())
        using (new TensorScope())
            x = Make().Unscoped();
        Assert.Equal(1, x.Value(0));
        x.Dispose();
    }

    [Fact]
    public void Scopes_close_in_reverse_order()
    {
        var outer = new TensorScope();
        var inner = new TensorScope();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void A_message_names_the_tensor_whose_scope_has_closed()
    {
        Tensor x;
        using (new TensorScope())
            x = Make();
        var e = Assert.Throws<ObjectDisposedException>(() => Ops.Scale(x, 2));
        Assert.Contains("(3) F32", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recycling_scope_uses_its_objects_again_as_good_as_new()
    {
        using var device = new Cpu.CpuDevice(1);
        Tensor first, kept;
        using (TensorScope.Recycling())
        {
            using (var inner = TensorScope.Inner()) // recycles, too
            {
                first = device.Full(new Shape(3), DType.F32, 2).Watch();
                kept = inner.Keep(device.Full(new Shape(2), DType.F32, 7));
            }
            kept = kept.Unscoped();
        }
        using (new TensorScope()) // takes no object of theirs
            Assert.NotSame(first, device.Empty(new Shape(1)));
        using (TensorScope.Recycling())
        {
            var again = device.Full(new Shape(2, 2), DType.F32, 5);
            Assert.Same(first, again);
            Assert.Equal((new Shape(2, 2), false, false), (again.Shape, again.RequiresGrad, again.IsDisposed));
            Assert.Equal([5, 5, 5, 5], again.ToDoubles());
        }
        Assert.Equal([7, 7], kept.ToDoubles()); // what left the scope is nobody else's
        kept.Dispose();
        Assert.True(first.IsDisposed);
    }

    [Fact]
    public void Steps_in_a_recycling_scope_leave_no_garbage()
    {
        using var device = new Cpu.CpuDevice(1);
        long Step()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            using (TensorScope.Recycling())
            {
                for (var i = 0; i < 20; i++)
                {
                    using var inner = TensorScope.Inner();
                    var x = device.Empty(new Shape(4, 8));
                    device.Fill(x, 1);
                    inner.Keep(Ops.Add(x, x));
                }
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Step();
        Step();
        Assert.Equal(0, Step());
    }
}
