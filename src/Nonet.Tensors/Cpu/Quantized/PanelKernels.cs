using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Packs weights of one format and multiplies by them, with one instruction set.</summary>
abstract unsafe class PanelKernels
{
    /// <summary>Rows of a panel.</summary>
    public abstract int Rows { get; }

    /// <summary>Bytes of a panel of rows of <paramref name="k"/> elements.</summary>
    public abstract long PanelBytes(int k);

    /// <summary>Fills a panel with rows as stored in a file. Rows from <paramref name="count"/> on are zero.</summary>
    /// <returns>Place (row, block) of a scale that is not finite; null if all are finite.</returns>
    public abstract (int Row, int Block)? Take(byte* rows, nint stride, int count, int k, byte* panel);

    /// <summary>
    /// y (M, N) = a (M, K) Wᵀ with W (N, K) packed. A row of y has the same bits for every thread count and instruction set, whatever the other rows
    /// are.
    /// </summary>
    public abstract void Run(CpuDevice device, in Operand a, int m, int k, byte* packed, int n, float* y, in Epilogue epilogue);

    /// <summary>Returns the faster of two, measured with one row of activations and with eight. Takes a few milliseconds.</summary>
    public static PanelKernels Faster(PanelKernels one, PanelKernels other)
    {
        using var device = new CpuDevice(1);
        return Seconds(device, one) <= Seconds(device, other) ? one : other;
    }

    /// <summary>Shortest measured time of several products by weights in the first-level cache.</summary>
    static double Seconds(CpuDevice device, PanelKernels kernels)
    {
        const int Rows = 32, Width = 512, Most = 8, Rounds = 20;
        using var scratch = new Scratch(device, Rows / kernels.Rows * kernels.PanelBytes(Width) / sizeof(float) + Most * (Width + Rows));
        float* x = scratch.F32, y = x + Most * Width;
        var packed = (byte*)(y + Most * Rows);
        new Span<byte>(x, checked((int)(packed - (byte*)x + Rows / kernels.Rows * kernels.PanelBytes(Width)))).Clear();
        var operand = new Operand { Data = x, Type = DType.F32, Stride = Width };
        var best = double.PositiveInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            kernels.Run(device, operand, 1, Width, packed, Rows, y, default);
            kernels.Run(device, operand, Most, Width, packed, Rows, y, default);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}

/// <summary>The same for registers <typeparamref name="V"/>, products <typeparamref name="P"/> and blocks <typeparamref name="B"/>.</summary>
sealed unsafe class PanelKernels<V, P, B> : PanelKernels where V : struct, IIntLanes<V> where P : struct, IProducts<V> where B : struct, IPanelBlocks
{
    /// <summary>Largest number of rows of activations that a piece of work multiplies by a panel.</summary>
    const int PieceRows = 256;

    /// <summary>Number of pieces of work per thread, so that all threads finish at about the same time.</summary>
    const int PiecesOfThread = 8;

    const int Line = 64;

    public override int Rows => V.Rows;

    static int PieceBlocks => PanelPiece.Elements / B.Elements;

    public override long PanelBytes(int k)
    {
        var (pieces, rest) = Math.DivRem(k / B.Elements, PieceBlocks);
        return ((long)pieces * PieceBytes(PieceBlocks) + PieceBytes(rest) + Line - 1) / Line * Line;
    }

    static int PieceBytes(int blocks) => WordsOf(blocks) + PanelPiece.SideBytes<V>(blocks * B.SideBytes);

    static int WordsOf(int blocks) => blocks * B.Words * 4 * V.Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override (int Row, int Block)? Take(byte* rows, nint stride, int count, int k, byte* panel)
    {
        var blocks = k / B.Elements;
        if (count < V.Rows)
            new Span<byte>(panel, checked((int)PanelBytes(k))).Clear();
        byte* words = panel, side = panel, end = panel;
        (int, int)? bad = null;
        for (var b = 0; b < blocks; b++, words += WordsOf(1), side += B.SideBytes * V.Rows)
        {
            if (b % PieceBlocks == 0)
            {
                var piece = Math.Min(PieceBlocks, blocks - b);
                words = end;
                side = words + WordsOf(piece);
                end = words + PieceBytes(piece);
            }
            for (var row = 0; row < count; row++)
            {
                if (!B.Take(rows + row * stride + (nint)b * B.Bytes, (uint*)words + row, side, row, V.Rows))
                    bad ??= (row, b);
            }
        }
        return bad;
    }

    public override void Run(CpuDevice device, in Operand a, int m, int k, byte* packed, int n, float* y, in Epilogue epilogue)
    {
        if (m == 0 || n == 0)
            return;
        var blocks = k / B.Elements;
        var layout = new RoundedRows { K = k, Blocks = blocks, Sums = blocks * B.Sums };
        using var rounded = new Scratch(device, layout.Bytes(m) / sizeof(float));
        layout.Start = (byte*)rounded.F32;
        if (m % 4 > 1)
            new Span<byte>(layout.TileOf(m - 1, m), checked((int)layout.TileBytes(4))).Clear(); // padding rows of the last tile of four
        device.ByRows(m, k, new RoundJob { A = a, Rounded = layout, M = m });
        var panels = (n + V.Rows - 1) / V.Rows;
        var share = Math.Max(1, panels / (PiecesOfThread * device.Threads));
        var columns = (panels + share - 1) / share;
        device.For(checked(columns * ((m + PieceRows - 1) / PieceRows)), new ProductJob
        {
            Rounded = layout,
            Packed = packed,
            PanelBytes = PanelBytes(k),
            Y = y,
            M = m,
            N = n,
            K = k,
            Panels = panels,
            Share = share,
            Columns = columns,
            Epilogue = epilogue,
        });
    }

    /// <summary>
    /// Rounded activations. A tile has four rows: their words interleaved, then their scales, then their sums. If a single row is left over, it is a
    /// tile by itself.
    /// </summary>
    struct RoundedRows
    {
        public byte* Start;
        public int K, Blocks, Sums;

        public readonly long TileBytes(int rows) => (long)rows * (K + 4 * (Blocks + Sums));

        public readonly long Bytes(int m) => m % 4 == 1 ? TileBytes(m) : TileBytes((m + 3) / 4 * 4);

        /// <summary>Rows of the tile of a row: four or one.</summary>
        public static int TileRows(int row, int m) => row == m - 1 && m % 4 == 1 ? 1 : 4;

        public readonly byte* TileOf(int row, int m) => Start + TileBytes(row / 4 * 4);
    }

    /// <summary>Rounds a row of activations.</summary>
    struct RoundJob : IRowJob
    {
        public Operand A;
        public RoundedRows Rounded;
        public int M;

        [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<L>(int row) where L : struct, ILanes<L>
        {
            const int Piece = 512;
            var values = stackalloc float[Piece];
            var q = stackalloc sbyte[256];
            var sums = stackalloc int[16];
            int rows = RoundedRows.TileRows(row, M), place = row % 4;
            var words = (int*)Rounded.TileOf(row, M) + place;
            var scales = words + (nint)rows * (Rounded.K / 4);
            var to = scales + (nint)rows * Rounded.Blocks;
            for (var start = 0; start < Rounded.K; start += Piece)
            {
                var count = Math.Min(Piece, Rounded.K - start);
                Pack.Row<L>(A, row * A.Stride + start, values, count);
                for (var i = 0; i < count; i += B.Elements, scales += rows)
                {
                    *(float*)scales = B.Round(values + i, rows == 1 ? (sbyte*)words : q, sums);
                    for (var t = 0; rows > 1 && t < B.Elements / 4; t++)
                        words[t * rows] = ((int*)q)[t];
                    words += B.Elements / 4 * rows;
                    for (var s = 0; s < B.Sums; s++, to += rows)
                        *to = sums[s];
                }
            }
        }
    }

    /// <summary>Multiplies some panels by up to <see cref="PieceRows"/> rows of activations.</summary>
    struct ProductJob : ILaneJob
    {
        public RoundedRows Rounded;
        public byte* Packed;
        public long PanelBytes;
        public float* Y;
        public int M, N, K, Panels, Share, Columns;
        public Epilogue Epilogue;

        public readonly void Run<L>(int i, int worker) where L : struct, ILanes<L>
        {
            int i0 = i / Columns * PieceRows, first = i % Columns * Share;
            int m = Math.Min(PieceRows, M - i0), last = Math.Min(Panels, first + Share);
            Piece(i0, m, first, last);
            Epilogue.Apply<L>(Y, N, i0, m, first * V.Rows, Math.Min(N, last * V.Rows) - first * V.Rows);
        }

        [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Piece(int i0, int m, int first, int last)
        {
            var width = 4 * V.Rows;
            // integers, scales and results, each on its own cache line
            var scratch = stackalloc byte[64 * 64 + 32 * 64 + Line];
            scratch = (byte*)(((nint)scratch + Line - 1) & -Line);
            var results = stackalloc byte[(m + 3) / 4 * 4 * width + Line];
            results = (byte*)(((nint)results + Line - 1) & -Line);
            var step = m == 1 ? Rounded.Blocks : PieceBlocks;
            for (var panel = first; panel < last; panel++)
            {
                var words = Packed + panel * PanelBytes;
                new Span<byte>(results, (m + 3) / 4 * 4 * width).Clear();
                for (var block = 0; block < Rounded.Blocks; block += step)
                {
                    var count = Math.Min(step, Rounded.Blocks - block);
                    var piece = new PanelPiece { WeightScales = scratch + 64 * 64 };
                    var bytes = PieceBytes(count);
                    if (m > 1)
                    {
                        Prefetch.All(words + Prefetch.Ahead, bytes);
                        piece.Integers = B.Expand<V, P>(words, words + WordsOf(count), count, scratch, piece.WeightScales);
                    }
                    for (var row = i0; row < i0 + m; row += 4)
                    {
                        var rows = RoundedRows.TileRows(row, M);
                        var tile = Rounded.TileOf(row, M);
                        piece.A = (sbyte*)tile + (nint)rows * block * B.Elements;
                        piece.Scales = (float*)(tile + (nint)rows * K) + rows * block;
                        piece.Sums = (int*)(tile + (nint)rows * (K + 4 * Rounded.Blocks)) + rows * block * B.Sums;
                        piece.Y = results + (row - i0) * width;
                        if (rows == 1)
                            B.One<V, P>(piece, words, count);
                        else
                            B.Four<V, P>(piece, count);
                    }
                    words += bytes;
                }
                var j = panel * V.Rows;
                for (var row = 0; row < m; row++)
                    Buffer.MemoryCopy(results + row * width, Y + (nint)(i0 + row) * N + j, width, 4 * Math.Min(V.Rows, N - j));
            }
        }
    }
}
