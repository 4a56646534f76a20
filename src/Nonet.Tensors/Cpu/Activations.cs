using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>Nonlinearities over arrays of floats, selected by an <see cref="Activation"/>. Results may overwrite the inputs (y over x, dx over dy).</summary>
static unsafe class Activations
{
    /// <summary>y = f(x).</summary>
    public static void Map<V>(Activation f, float* x, float* y, int n) where V : struct, ILanes<V>
    {
        switch (f)
        {
            case Activation.Gelu: Map<V, GeluFunction>(x, y, n); break;
            case Activation.GeluTanh: Map<V, GeluTanhFunction>(x, y, n); break;
            case Activation.Relu: Map<V, ReluFunction>(x, y, n); break;
            case Activation.Silu: Map<V, SiluFunction>(x, y, n); break;
            case Activation.Tanh: Map<V, TanhFunction>(x, y, n); break;
            case Activation.Sigmoid: Map<V, SigmoidFunction>(x, y, n); break;
            default: Map<V, IdentityFunction>(x, y, n); break;
        }
    }

    /// <summary>dx = dy f'(x), or dx += dy f'(x) if <paramref name="add"/> is true.</summary>
    public static void MapBackward<V>(Activation f, float* dy, float* x, float* dx, int n, bool add = false) where V : struct, ILanes<V>
    {
        switch (f)
        {
            case Activation.Gelu: MapBackward<V, GeluFunction>(dy, x, dx, n, add); break;
            case Activation.GeluTanh: MapBackward<V, GeluTanhFunction>(dy, x, dx, n, add); break;
            case Activation.Relu: MapBackward<V, ReluFunction>(dy, x, dx, n, add); break;
            case Activation.Silu: MapBackward<V, SiluFunction>(dy, x, dx, n, add); break;
            case Activation.Tanh: MapBackward<V, TanhFunction>(dy, x, dx, n, add); break;
            case Activation.Sigmoid: MapBackward<V, SigmoidFunction>(dy, x, dx, n, add); break;
            default: MapBackward<V, IdentityFunction>(dy, x, dx, n, add); break;
        }
    }

    /// <summary>y = f(x) u.</summary>
    public static void Gate<V>(Activation f, float* x, float* u, float* y, int n) where V : struct, ILanes<V>
    {
        switch (f)
        {
            case Activation.Gelu: Gate<V, GeluFunction>(x, u, y, n); break;
            case Activation.GeluTanh: Gate<V, GeluTanhFunction>(x, u, y, n); break;
            case Activation.Relu: Gate<V, ReluFunction>(x, u, y, n); break;
            case Activation.Silu: Gate<V, SiluFunction>(x, u, y, n); break;
            case Activation.Tanh: Gate<V, TanhFunction>(x, u, y, n); break;
            case Activation.Sigmoid: Gate<V, SigmoidFunction>(x, u, y, n); break;
            default: Gate<V, IdentityFunction>(x, u, y, n); break;
        }
    }

    /// <summary>dx = dy u f'(x) and du = dy f(x); += if <paramref name="addX"/> or <paramref name="addU"/> is true. A null output is skipped.</summary>
    public static void GateBackward<V>(Activation f, float* dy, float* x, float* u, float* dx, float* du, int n, bool addX = false, bool addU = false)
        where V : struct, ILanes<V>
    {
        switch (f)
        {
            case Activation.Gelu: GateBackward<V, GeluFunction>(dy, x, u, dx, du, n, addX, addU); break;
            case Activation.GeluTanh: GateBackward<V, GeluTanhFunction>(dy, x, u, dx, du, n, addX, addU); break;
            case Activation.Relu: GateBackward<V, ReluFunction>(dy, x, u, dx, du, n, addX, addU); break;
            case Activation.Silu: GateBackward<V, SiluFunction>(dy, x, u, dx, du, n, addX, addU); break;
            case Activation.Tanh: GateBackward<V, TanhFunction>(dy, x, u, dx, du, n, addX, addU); break;
            case Activation.Sigmoid: GateBackward<V, SigmoidFunction>(dy, x, u, dx, du, n, addX, addU); break;
            default: GateBackward<V, IdentityFunction>(dy, x, u, dx, du, n, addX, addU); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<V, F>(float* x, float* y, int n) where V : struct, ILanes<V> where F : struct, IActivation
    {
        var i = 0;
        for (; i <= n - V.Count; i += V.Count)
            F.Value(V.Load(x + i)).Store(y + i);
        if (i < n)
            VectorMath.StoreTail(F.Value(VectorMath.LoadTail<V>(x + i, n - i)), y + i, n - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void MapBackward<V, F>(float* dy, float* x, float* dx, int n, bool add) where V : struct, ILanes<V> where F : struct, IActivation
    {
        var i = 0;
        for (; i <= n - V.Count; i += V.Count)
        {
            var g = V.Load(dy + i) * F.Derivative(V.Load(x + i));
            (add ? V.Load(dx + i) + g : g).Store(dx + i);
        }
        if (i < n)
        {
            var g = VectorMath.LoadTail<V>(dy + i, n - i) * F.Derivative(VectorMath.LoadTail<V>(x + i, n - i));
            VectorMath.StoreTail(add ? VectorMath.LoadTail<V>(dx + i, n - i) + g : g, dx + i, n - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gate<V, F>(float* x, float* u, float* y, int n) where V : struct, ILanes<V> where F : struct, IActivation
    {
        var i = 0;
        for (; i <= n - V.Count; i += V.Count)
            (F.Value(V.Load(x + i)) * V.Load(u + i)).Store(y + i);
        if (i < n)
            VectorMath.StoreTail(F.Value(VectorMath.LoadTail<V>(x + i, n - i)) * VectorMath.LoadTail<V>(u + i, n - i), y + i, n - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void GateBackward<V, F>(float* dy, float* x, float* u, float* dx, float* du, int n, bool addX, bool addU)
        where V : struct, ILanes<V> where F : struct, IActivation
    {
        var i = 0;
        for (; i <= n - V.Count; i += V.Count)
        {
            var g = V.Load(dy + i);
            var y = F.Value(V.Load(x + i), out var slope);
            if (dx is not null)
            {
                var gx = g * V.Load(u + i) * slope;
                (addX ? V.Load(dx + i) + gx : gx).Store(dx + i);
            }
            if (du is not null)
                (addU ? V.Load(du + i) + g * y : g * y).Store(du + i);
        }
        if (i < n)
        {
            var left = n - i;
            var g = VectorMath.LoadTail<V>(dy + i, left);
            var y = F.Value(VectorMath.LoadTail<V>(x + i, left), out var slope);
            if (dx is not null)
            {
                var gx = g * VectorMath.LoadTail<V>(u + i, left) * slope;
                VectorMath.StoreTail(addX ? VectorMath.LoadTail<V>(dx + i, left) + gx : gx, dx + i, left);
            }
            if (du is not null)
                VectorMath.StoreTail(addU ? VectorMath.LoadTail<V>(du + i, left) + g * y : g * y, du + i, left);
        }
    }
}
