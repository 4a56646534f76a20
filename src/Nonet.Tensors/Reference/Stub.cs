namespace Nonet.Tensors.Reference;
public sealed unsafe partial class ReferenceDevice
{
    static double Value(Activation f, double x) => f == Activation.None ? x : throw new NotSupportedException();
    static double Derivative(Activation f, double x) => f == Activation.None ? 1 : throw new NotSupportedException();
}
