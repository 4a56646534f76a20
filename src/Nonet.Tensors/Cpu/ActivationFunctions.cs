using System.Runtime.CompilerServices;
using static Nonet.Tensors.Cpu.VectorMath;

namespace Nonet.Tensors.Cpu;

/// <summary>A pointwise nonlinearity over registers. The derivative is a function of the same x: the value before the nonlinearity.</summary>
interface IActivation
{
    static abstract V Value<V>(V x) where V : struct, ILanes<V>;
    static abstract V Derivative<V>(V x) where V : struct, ILanes<V>;

    /// <summary>Computes f(x) and f'(x) together, so that shared terms are computed once.</summary>
    static abstract V Value<V>(V x, out V derivative) where V : struct, ILanes<V>;
}

/// <summary>f(x) = x.</summary>
readonly struct IdentityFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => x;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Derivative<V>(V x) where V : struct, ILanes<V> => V.Broadcast(1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        derivative = V.Broadcast(1f);
        return x;
    }
}

/// <summary>f(x) = x Φ(x), f'(x) = Φ(x) + x φ(x), with Φ(x) = (1 + erf(x/√2)) / 2.</summary>
readonly struct GeluFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => x * Distribution(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V> => V.Fma(x, Density(x), Distribution(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        var phi = Distribution(x);
        derivative = V.Fma(x, Density(x), phi);
        return x * phi;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Distribution<V>(V x) where V : struct, ILanes<V> => V.Fma(V.Broadcast(0.5f), Erf(x * V.Broadcast(0.707106781186547524f)), V.Broadcast(0.5f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Density<V>(V x) where V : struct, ILanes<V> => V.Broadcast(0.398942280401432678f) * Exp(x * x * V.Broadcast(-0.5f));
}

/// <summary>f(x) = x (1 + tanh u) / 2 = x σ(2u), u = √(2/π) (x + 0.044715 x³).</summary>
readonly struct GeluTanhFunction : IActivation
{
    const float Twice = 1.59576912160573071f; // 2 √(2/π)
    const float Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => x * Gate(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V>
    {
        _ = Value(x, out var derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        var s = Gate(x);
        var slope = V.Fma(x * x, V.Broadcast(3 * Cubic * Twice), V.Broadcast(Twice)); // of 2u
        var y = x * s;
        derivative = V.Fma(y * (V.Broadcast(1f) - s), slope, s);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Gate<V>(V x) where V : struct, ILanes<V> => Sigmoid(x * V.Fma(x * x, V.Broadcast(Cubic * Twice), V.Broadcast(Twice)));
}

/// <summary>f(x) = max(x, 0); f'(0) = 0.</summary>
readonly struct ReluFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => V.Max(default, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V> =>
        V.Select(V.Less(default, x), V.Broadcast(1f), default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        derivative = Derivative(x);
        return Value(x);
    }
}

/// <summary>f(x) = x σ(x), f'(x) = σ(x) (1 + x (1 - σ(x))).</summary>
readonly struct SiluFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => x / (V.Broadcast(1f) + Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V>
    {
        _ = Value(x, out var derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        var s = Sigmoid(x);
        var y = x * s;
        derivative = V.Fma(y, V.Broadcast(1f) - s, s);
        return y;
    }
}

/// <summary>f(x) = tanh x, f'(x) = 1 - tanh² x.</summary>
readonly struct TanhFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V>
    {
        _ = Value(x, out var derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        var y = Tanh(x);
        derivative = V.Fma(-y, y, V.Broadcast(1f));
        return y;
    }
}

/// <summary>f(x) = σ(x), f'(x) = σ(x) (1 - σ(x)).</summary>
readonly struct SigmoidFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Value<V>(V x) where V : struct, ILanes<V> => Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<V>(V x) where V : struct, ILanes<V>
    {
        _ = Value(x, out var derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, out V derivative) where V : struct, ILanes<V>
    {
        var y = Sigmoid(x);
        derivative = V.Fma(-y, y, y);
        return y;
    }
}
