using Nonet.Tensors.Autograd;
using Xunit;

namespace Nonet.Tensors.Tests;

public class TapeTests
{
    [Fact]
    public void Tensor_used_after_its_scope_throws()
    {
        Tensor x;
        using (new TensorScope())
            x = Op.Cpus[0].Zeros(new Shape(3));
        Assert.Throws<ObjectDisposedException>(() => x.Value(0));
    }

    [Fact]
    public void Keep_moves_a_tensor_out()
    {
        Tensor x;
        using (var scope = new TensorScope())
            x = scope.Keep(Op.Cpus[0].Full(new Shape(3), DType.F32, 2));
        Assert.Equal(2, x.Value(1));
        x.Dispose();
    }

    [Fact]
    public void Nothing_is_recorded_without_a_tape()
    {
        using var scope = new TensorScope();
        var x = Op.Cpus[0].Zeros(new Shape(3)).Watch();
        Assert.False(x.Reshape(new Shape(1, 3)).RequiresGrad);
        using var tape = new Tape();
        Assert.True(x.Reshape(new Shape(1, 3)).RequiresGrad);
    }
}
