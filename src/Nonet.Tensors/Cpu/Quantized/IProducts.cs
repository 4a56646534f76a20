namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Sums of products of bytes, four neighbours per row. All sums are exact, so all instruction sets give the same results. Sums of products with
/// unsigned weights are kept in a form that depends on the instruction set (16-bit pairs, or 32 bits) until they are folded into 32-bit integers.
/// </summary>
interface IProducts<V> where V : struct, IIntLanes<V>
{
    /// <summary>Whether <see cref="Prepare"/> adds 128 to every weight: sums of products must then start at -128 Σ a.</summary>
    static abstract bool IsBiased { get; }

    /// <summary>part + Σ w a. The caller must fold before the weights multiplied into one part add up to more than 128.</summary>
    /// <param name="part">Zero, or an earlier result.</param>
    /// <param name="w">Unsigned weights below 64.</param>
    /// <param name="a">Signed activations from -127 to 127.</param>
    static abstract V Dot(V part, V w, V a);

    /// <summary>sum + part.</summary>
    static abstract V Fold(V sum, V part);

    /// <summary>sum + part · scale.</summary>
    /// <param name="sum">32-bit integers.</param>
    /// <param name="part">Result of <see cref="Dot"/>.</param>
    /// <param name="scale">Result of <see cref="First"/> or <see cref="Second"/>.</param>
    static abstract V Fold(V sum, V part, V scale);

    /// <summary>Scales for <see cref="Fold(V, V, V)"/> from the first 16-bit integer of every lane.</summary>
    static abstract V First(V pairs);

    /// <summary>The same from the second.</summary>
    static abstract V Second(V pairs);

    /// <summary>Second operand of <see cref="DotSigned"/>, derived from signed weights.</summary>
    static abstract V Prepare(V w);

    /// <summary>sum + Σ w a with weights of any sign, in 32-bit integers.</summary>
    static abstract V DotSigned(V sum, V w, V prepared, V a);

    /// <summary>sum + x₀ y₀ + x₁ y₁ of 16-bit pairs.</summary>
    static abstract V DotPairs(V sum, V x, V y);
}
