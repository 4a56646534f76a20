namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// A register seen as bytes, as pairs of 16-bit integers, or as 32-bit integers or floats, one of which belongs to each of <see cref="Rows"/> rows of weights.
/// Every operation is exact or correctly rounded, so that all widths give the same bits.
/// </summary>
interface IIntLanes<V> where V : struct, IIntLanes<V>
{
    /// <summary>Rows of weights that one register serves: four bytes each.</summary>
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

    /// <summary>Shifts of 32-bit lanes, zeros moving in.</summary>
    static abstract V operator <<(V a, int n);
    static abstract V operator >>>(V a, int n);

    /// <summary>Each byte of index, below 16, is replaced by that byte of the table.</summary>
    static abstract unsafe V Lookup(V index, sbyte* table);

    /// <summary>Two bytes a row as unsigned 16-bit integers.</summary>
    static abstract unsafe V WidenUnsigned(byte* p);

    /// <summary>Two bytes a row as signed 16-bit integers.</summary>
    static abstract unsafe V WidenSigned(byte* p);

    /// <summary>A finite half-precision number a row as floats.</summary>
    static abstract unsafe V Halves(byte* p);

    /// <summary>32-bit integers to floats.</summary>
    static abstract V ToFloat(V a);
    static abstract V Multiply(V a, V b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract V Fma(V a, V b, V c);
}
