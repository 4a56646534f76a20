using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Training;

/// <summary>
/// Moves the singular values of a matrix close to 1: X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, five times, from X = G / ‖G‖ (Frobenius). The
/// coefficients of Jordan et al. 2024 grow small values quickly and leave all values between about 0.7 and 1.2. A tall matrix uses Xᵀ X on
/// the right, which is smaller and gives the same result.
/// </summary>
sealed class NewtonSchulz : IDisposable
{
    const int Steps = 5;
    const float A = 3.4445f, B = -4.7750f, C = 2.0315f;

    readonly Device device;
    readonly bool tall;
    readonly Tensor[] x;
    readonly Tensor square, fourth;

    /// <param name="device">Device of the matrices.</param>
    /// <param name="shape">(rows, columns) of all matrices.</param>
    public NewtonSchulz(Device device, Shape shape)
    {
        this.device = device;
        tall = shape[0] > shape[1];
        var side = Math.Min(shape[0], shape[1]);
        x = [device.Empty(shape).Unscoped(), device.Empty(shape).Unscoped()];
        square = device.Empty(new Shape(side, side)).Unscoped();
        fourth = device.Empty(new Shape(side, side)).Unscoped();
    }

    /// <summary>Holds G before <see cref="Run"/>, which overwrites it.</summary>
    public Tensor Input => x[0];

    /// <summary>The result, valid until the next call. A zero matrix stays zero.</summary>
    public Tensor Run()
    {
        device.Scale(x[0], (float)(1 / (Math.Sqrt(device.SumOfSquares(x[0])) + 1e-7)), new GradientTarget(x[0], add: false));
        var (from, to) = (x[0], x[1]);
        for (var step = 0; step < Steps; step++)
        {
            device.MatMul(from, from, transposeA: tall, transposeB: !tall, new GradientTarget(square, add: false));
            device.MatMul(square, square, false, false, new GradientTarget(fourth, add: false));
            device.Scale(fourth, C, new GradientTarget(fourth, add: false));
            device.Scale(square, B, new GradientTarget(fourth, add: true));
            if (tall)
                device.MatMul(from, fourth, false, false, new GradientTarget(to, add: false));
            else
                device.MatMul(fourth, from, false, false, new GradientTarget(to, add: false));
            device.Scale(from, A, new GradientTarget(to, add: true));
            (from, to) = (to, from);
        }
        return from;
    }

    public void Dispose()
    {
        foreach (var buffer in (Tensor[])[.. x, square, fourth])
            buffer.Dispose();
    }
}
