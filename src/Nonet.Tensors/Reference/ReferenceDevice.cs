using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

/// <summary>
/// Every op by its definition, in double, one element at a time: what the other devices are tested against. Slow on purpose.
/// Weights may be F64, F32, BF16 or F16; activations and gradients are F64.
/// </summary>
public sealed unsafe partial class ReferenceDevice : Device
{
    public override string Name => "reference";
    public override DType Float => DType.F64;

    public override void Fill(Tensor x, double value)
    {
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, value);
    }

    public override void Copy(Tensor x, Tensor y)
    {
        if (x.Elements != y.Elements)
            throw new ShapeException($"cannot copy {x.Shape} to {y.Shape}");
        for (var i = 0L; i < x.Elements; i++)
            y.SetValue(i, x.Value(i));
    }

    public override void Accumulate(Tensor x, GradientTarget into)
    {
        for (var i = 0L; into.Wanted && i < x.Elements; i++)
            Put(into, i, x.Value(i));
    }

    /// <summary>Writes or adds one element of a gradient.</summary>
    static void Put(GradientTarget into, long i, double value) =>
        into.Tensor.SetValue(i, into.Add ? into.Tensor.Value(i) + value : value);
}
