using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Activate(Tensor x, Activation f, Tensor y)
    {
        for (var i = 0L; i < x.Elements; i++)
            y.F64[i] = Value(f, x.Value(i));
    }

    /// <inheritdoc/>
    public override void ActivateBackward(Tensor dy, Tensor x, Activation f, GradientTarget dx)
    {
        for (var i = 0L; dx.Wanted && i < x.Elements; i++)
            Put(dx, i, dy.Value(i) * Derivative(f, x.Value(i)));
    }

    /// <inheritdoc/>
    public override void Gate(Tensor gate, Tensor up, Activation f, Tensor y)
    {
        for (var i = 0L; i < y.Elements; i++)
            y.F64[i] = Value(f, gate.Value(i)) * up.Value(i);
    }

    /// <inheritdoc/>
    public override void GateBackward(Tensor dy, Tensor gate, Tensor up, Activation f, GradientTarget dgate, GradientTarget dup)
    {
        for (var i = 0L; i < dy.Elements; i++)
        {
            if (dgate.Wanted)
                Put(dgate, i, dy.Value(i) * up.Value(i) * Derivative(f, gate.Value(i)));
            if (dup.Wanted)
                Put(dup, i, dy.Value(i) * Value(f, gate.Value(i)));
        }
    }

    internal static double Value(Activation f, double x) => f switch
    {
        Activation.None => x,
        Activation.Gelu => x * NormalDistribution(x),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(GeluTanhArgument(x))),
        Activation.Relu => Math.Max(0, x),
        Activation.Silu => x * Sigmoid(x),
        Activation.Tanh => Math.Tanh(x),
        Activation.Sigmoid => Sigmoid(x),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation"),
    };

    internal static double Derivative(Activation f, double x)
    {
        switch (f)
        {
            case Activation.None:
                return 1;
            case Activation.Gelu:
                return NormalDistribution(x) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
            case Activation.GeluTanh:
                var t = Math.Tanh(GeluTanhArgument(x));
                return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
            case Activation.Relu:
                return x > 0 ? 1 : 0;
            case Activation.Silu:
                return Sigmoid(x) * (1 + x * (1 - Sigmoid(x)));
            case Activation.Tanh:
                return 1 - Math.Tanh(x) * Math.Tanh(x);
            case Activation.Sigmoid:
                return Sigmoid(x) * (1 - Sigmoid(x));
            default:
                throw new ArgumentOutOfRangeException(nameof(f), f, "unknown activation");
        }
    }

    /// <summary>erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): Abramowitz and Stegun, 7.1.6. Every term has one sign.</summary>
    internal static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        double term = x, sum = x;
        for (var n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    static double NormalDistribution(double x) => 0.5 * (1 + Erf(x / Math.Sqrt(2)));
    static double GeluTanhArgument(double x) => Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
