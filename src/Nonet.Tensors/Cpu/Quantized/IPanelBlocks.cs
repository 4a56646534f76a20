using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Layout of a format's blocks in panels. A panel has as many rows of W as a register has lanes, interleaved by four-byte words. It consists of
/// pieces of up to <see cref="PanelPiece.Elements"/> elements of all rows: first the integers of the piece's blocks, then their scales. A panel is
/// therefore read as one stream. It is multiplied piece by piece: by one row of activations in place, by several after its elements have been
/// expanded to one byte each.
/// </summary>
interface IPanelBlocks
{
    /// <summary>Elements and bytes of a block.</summary>
    static abstract int Elements { get; }
    static abstract int Bytes { get; }

    /// <summary>Four-byte words of integers per block in a panel.</summary>
    static abstract int Words { get; }

    /// <summary>Bytes of scales per block in a panel.</summary>
    static abstract int SideBytes { get; }

    /// <summary>Four-byte words of sums of rounded activations per block.</summary>
    static abstract int Sums { get; }

    /// <summary>Registers of scales of an expanded block.</summary>
    static abstract int Scales { get; }

    /// <summary>Copies a block to its place in a panel.</summary>
    /// <param name="block">The block as stored in a file.</param>
    /// <param name="words">First word of the row; the next one follows <paramref name="rows"/> words later.</param>
    /// <param name="side">Scales of the block in all rows of the panel.</param>
    /// <param name="row">Index of the row in the panel.</param>
    /// <param name="rows">Number of rows in the panel.</param>
    /// <returns>False if a scale is not finite.</returns>
    static abstract unsafe bool Take(byte* block, uint* words, byte* side, int row, int rows);

    /// <summary>Expands blocks to one byte per element, four neighbours of each row after another, and their scales to registers.</summary>
    /// <returns>Address of the bytes: <paramref name="integers"/>, or their place in the panel.</returns>
    static abstract unsafe byte* Expand<V, P>(byte* words, byte* side, int blocks, byte* integers, byte* scales) where V : struct, IIntLanes<V> where P
        : struct, IProducts<V>;

    /// <summary>Rounds the activations of a block to bytes. Writes their sums in the layout that the kernels read.</summary>
    /// <returns>The scale of the block.</returns>
    static abstract unsafe float Round(float* x, sbyte* q, int* sums);

    /// <summary>Adds to y the products of the blocks of consecutive pieces, in the layout of the panel, and one row of activations.</summary>
    static abstract unsafe void One<V, P>(in PanelPiece piece, byte* words, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>;

    /// <summary>Adds to y the products of expanded blocks and four rows, whose words are interleaved.</summary>
    static abstract unsafe void Four<V, P>(in PanelPiece piece, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>;
}

/// <summary>A piece of a panel, with one or four rows of activations.</summary>
unsafe struct PanelPiece
{
    public const int Elements = 256;

    /// <summary>Bytes of scales in a panel, rounded up to a whole register so that the next piece is aligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SideBytes<V>(int scales) where V : struct, IIntLanes<V> => (scales * V.Rows + 4 * V.Rows - 1) & -(4 * V.Rows);

    public byte* Integers, WeightScales;
    public sbyte* A;
    public float* Scales;
    public int* Sums;

    /// <summary>One register of floats for each row of activations.</summary>
    public byte* Y;
}
