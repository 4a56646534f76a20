namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// A register of bytes, of pairs of 16-bit integers, or of 32-bit integers or floats. Each 32-bit lane belongs to one of <see cref="Rows"/> rows of
/// weights. Every operation is exact or correctly rounded, so all widths give the same bits.
/// </summary>
interface IIntLanes<V> where V : struct, IIntLanes<V>
{
    /// <summary>Number of rows of weights in a register, with four bytes each.</summary>
    static abstract int Rows { get; }

    static abstract V Zero { get; }
    static abstract unsafe V Load(byte* p);
    unsafe void Store(byte* p);

    /// <summary>The same 32 bits in every lane.</summary>
    static abstract V Splat(int x);
    static abstract V SplatByte(byte x);
    static abstract V SplatFloat(float x);

    static abstract V operator &(V a, V b);
    static abstract V operator |(V a, V b);
    static abstract V operator ^(V a, V b);

    /// <summary>Sum of 32-bit integers.</summary>
    static abstract V operator +(V a, V b);
    static abstract V operator -(V a, V b);

    /// <summary>Shifts of 32-bit lanes; zeros are shifted in.</summary>
    static abstract V operator <<(V a, int n);
    static abstract V operator >>>(V a, int n);

    /// <summary>Replaces each byte of index, which is below 16, by that entry of the table.</summary>
    static abstract unsafe V Lookup(V index, sbyte* table);

    /// <summary>Loads two bytes per row as unsigned 16-bit integers.</summary>
    static abstract unsafe V WidenUnsigned(byte* p);

    /// <summary>Loads two bytes per row as signed 16-bit integers.</summary>
    static abstract unsafe V WidenSigned(byte* p);

    /// <summary>Loads one finite half-precision number per row as a float.</summary>
    static abstract unsafe V Halves(byte* p);

    /// <summary>32-bit integers to floats.</summary>
    static abstract V ToFloat(V a);
    static abstract V Multiply(V a, V b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract V Fma(V a, V b, V c);
}
