using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// The blocks of a format in panels: as many rows of W as a register has lanes, interleaved by four-byte words, in pieces of up to
/// <see cref="PanelPiece.Elements"/> elements of all rows: the integers of the piece's blocks, then their scales. A panel is therefore one stream of reads.
/// It is multiplied piece by piece: by one row of activations as it lies, by more after the elements have been expanded to a byte each.
/// </summary>
interface IPanelBlocks
{
    /// <summary>Elements and bytes of a block.</summary>
    static abstract int Elements { get; }
    static abstract int Bytes { get; }

    /// <summary>Four-byte words of integers of a block in a panel.</summary>
    static abstract int Words { get; }

    /// <summary>Bytes of scales of a block in a panel.</summary>
    static abstract int SideBytes { get; }

    /// <summary>Sums of rounded activations that a block takes, in four-byte words.</summary>
    static abstract int Sums { get; }

    /// <summary>Registers of scales of an expanded block.</summary>
    static abstract int Scales { get; }

    /// <summary>Puts a block in its place.</summary>
    /// <param name="block">As it lies in a file.</param>
    /// <param name="words">First word of the row; the next is <paramref name="rows"/> words on.</param>
    /// <param name="side">Scales of the block in all rows of the panel.</param>
    /// <param name="row">The row.</param>
    /// <param name="rows">Rows of the panel.</param>
    /// <returns>False if a scale is no finite number.</returns>
    static abstract unsafe bool Take(byte* block, uint* words, byte* side, int row, int rows);

    /// <summary>Expands blocks to a byte an element, four neighbours of every row after the other, and their scales to registers.</summary>
    /// <returns>Where the bytes are: at <paramref name="integers"/>, or where they lie.</returns>
    static abstract unsafe byte* Expand<V, P>(byte* words, byte* side, int blocks, byte* integers, byte* scales) where V : struct, IIntLanes<V> where P
        : struct, IProducts<V>;

    /// <summary>Rounds activations of a block. Writes their sums as the kernels take them.</summary>
    /// <returns>Their scale.</returns>
    static abstract unsafe float Round(float* x, sbyte* q, int* sums);

    /// <summary>Adds the products of the blocks of consecutive pieces, as they lie in the panel, and one row of activations to y.</summary>
    static abstract unsafe void One<V, P>(in PanelPiece piece, byte* words, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>;

    /// <summary>Adds the products of expanded blocks and four rows, whose words lie side by side.</summary>
    static abstract unsafe void Four<V, P>(in PanelPiece piece, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>;
}

/// <summary>A piece of a panel and of one row of activations or four.</summary>
unsafe struct PanelPiece
{
    public const int Elements = 256;

    /// <summary>Bytes of scales in a panel, filled up to a whole register, so that the next piece is aligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SideBytes<V>(int scales) where V : struct, IIntLanes<V> => (scales * V.Rows + 4 * V.Rows - 1) & -(4 * V.Rows);

    public byte* Integers, WeightScales;
    public sbyte* A;
    public float* Scales;
    public int* Sums;

    /// <summary>A register of floats for each row of activations.</summary>
    public byte* Y;
}
