namespace Nonet.Tensors.Cpu;

/// <summary>
/// A register of floats. Kernels are written once over it and run at every width: 4, 8 or 16 lanes, forced for tests or picked
/// for the machine. A mask is a value whose lanes are all ones or all zeros.
/// </summary>
unsafe interface ILanes<V> where V : struct, ILanes<V>
{
    static abstract int Count { get; }
    static abstract V Load(float* p);
    static abstract V LoadBF16(ushort* p);
    static abstract V LoadF16(ushort* p);
    static abstract V Broadcast(float x);
    void Store(float* p);
    void StoreBF16(ushort* p);

    /// <summary>a b + c, rounded once.</summary>
    static abstract V Fma(V a, V b, V c);
    static abstract V operator +(V a, V b);
    static abstract V operator -(V a, V b);
    static abstract V operator *(V a, V b);
    static abstract V operator /(V a, V b);
    static abstract V operator -(V a);
    static abstract V Sqrt(V a);
    static abstract V Abs(V a);

    /// <summary>The larger; b if either is NaN.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; b if either is NaN.</summary>
    static abstract V Min(V a, V b);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract V Round(V a);

    /// <summary>2^n for integral n in [-126, 127]; 0 for -127 and infinity for 128; any finite value for NaN.</summary>
    static abstract V PowerOfTwo(V n);

    /// <summary>Mask of a &lt; b; false if either is NaN.</summary>
    static abstract V Less(V a, V b);
    static abstract V Select(V mask, V a, V b);
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>Lanes 2i and 2i + 1 exchanged.</summary>
    static abstract V SwapPairs(V a);

    /// <summary>Sum over the lanes, halves first: the same tree at every width from 4 up.</summary>
    float Sum();
    float MaxAcross();
}
