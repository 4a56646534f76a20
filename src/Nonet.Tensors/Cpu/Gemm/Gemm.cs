namespace Nonet.Tensors.Cpu;

/// <summary>
/// C (M, N) = or += op(A) (M, K) op(B) (K, N). All threads pack B into panels; then each free thread computes the next block of rows. The order of
/// summation depends on K alone (chains of <see cref="DepthOf"/> steps), so a result has the same bits for every thread count, and a row has the same
/// bits whatever the other rows are. After Goto and van de Geijn 2008.
/// </summary>
static unsafe class Gemm
{
    /// <summary>Largest number of strips of six rows of C in a piece of work, so that its block of A stays in the second-level cache.</summary>
    const int MostStrips = 16;

    /// <summary>
    /// Smallest number of strips in a piece of a transposed A that is split for more threads. They repay the loading of a panel of B into the
    /// first-level cache.
    /// </summary>
    const int LeastStrips = 8;

    /// <summary>Floats of B packed at a time (4 MB, in the last-level cache).</summary>
    const int PackedFloats = 1 << 20;

    /// <summary>Length of the longest chain of k: a packed panel of B is then 24 KB at 256 bits, 48 KB at 512.</summary>
    const int MostDepth = 384;

    public static void Run(CpuDevice device, in Operand a, in Operand b, float* c, int m, int n, int k, bool add, in Epilogue epilogue = default,
        float* aSums = null)
    {
        if (m == 0 || n == 0)
            return;
        var lanes = device.VectorBits / 32;
        var width = 2 * lanes;
        var depth = DepthOf(k);
        var (slabK, slabN) = SlabOf(n, k, depth, width);
        var blockRows = BlockRowsOf(m, device.Threads, a.Transposed);
        var rowBlocks = (m + blockRows - 1) / blockRows;
        var enough = device.Threads == 1 ? 1 : (a.Transposed ? 2 : 4) * device.Threads;
        // Rows a multiple of 4 KB apart fall into the same cache sets: such an A is copied even if nothing is transformed.
        var copies = a.Transposed || !a.IsPlain || a.Stride % 1024 == 0;
        var blockFloats = copies ? blockRows * (depth + 16) : 0;
        using var packed = new Scratch(device, (long)slabK * slabN);
        using var blocks = new Scratch(device, (long)blockFloats * device.Threads);
        if (k == 0 && !add)
            new Span<float>(c, checked(m * n)).Clear();
        for (var n0 = 0; n0 < n; n0 += slabN)
        {
            var columns = Math.Min(slabN, n - n0);
            var panels = (columns + width - 1) / width;
            var columnBlocks = rowBlocks >= enough ? 1 : Math.Min(panels, (4 * device.Threads + rowBlocks - 1) / rowBlocks);
            var blockPanels = (panels + columnBlocks - 1) / columnBlocks;
            columnBlocks = (panels + blockPanels - 1) / blockPanels;
            for (var k0 = 0; k0 < Math.Max(1, k); k0 += slabK)
            {
                var size = Math.Min(slabK, k - k0);
                var group = b.Transposed ? 1 : Pack.MostPanels;
                device.For((panels + group - 1) / group * ((size + depth - 1) / depth), new PackJob
                {
                    B = b,
                    N = n,
                    N0 = n0,
                    K0 = k0,
                    K = size,
                    Depth = depth,
                    Panels = panels,
                    Group = group,
                    To = packed.F32,
                });
                device.For(rowBlocks * columnBlocks, new BlockJob
                {
                    A = a,
                    Packed = packed.F32,
                    Blocks = blocks.F32,
                    BlockFloats = blockFloats,
                    BlockRows = blockRows,
                    C = c,
                    M = m,
                    N = n,
                    N0 = n0,
                    Columns = columns,
                    K0 = k0,
                    K = size,
                    Depth = depth,
                    Panels = panels,
                    BlockPanels = blockPanels,
                    ColumnBlocks = columnBlocks,
                    Add = add || k0 > 0,
                    Last = k0 + slabK >= k,
                    Epilogue = epilogue,
                    Sums = n0 == 0 ? aSums : null,
                });
            }
        }
    }

    /// <summary>
    /// Size of the part of B that is packed at a time, in whole chains and panels. C is read and written once per slabK and A is read once per slabN,
    /// so a large B is cut about square.
    /// </summary>
    static (int K, int N) SlabOf(int n, int k, int depth, int width)
    {
        var allN = (n + width - 1) / width * width;
        var allK = Math.Max(1, (k + depth - 1) / depth) * depth;
        var side = (int)Math.Sqrt(PackedFloats);
        var slabN = (long)allN * allK <= PackedFloats || allN <= side ? allN : Math.Max(side, PackedFloats / allK) / width * width;
        var parts = (allN + slabN - 1) / slabN;
        slabN = (allN / width + parts - 1) / parts * width;
        var slabK = Math.Min(allK, Math.Max(1, PackedFloats / slabN / depth) * depth);
        return (slabK, slabN);
    }

    /// <summary>Number of steps of k that are summed in one chain before they are added to C: a function of K alone.</summary>
    public static int DepthOf(int k)
    {
        var chains = Math.Max(1, (k + MostDepth - 1) / MostDepth);
        return Math.Max(8, ((k + chains - 1) / chains + 7) / 8 * 8);
    }

    /// <summary>
    /// Number of rows in a piece of work. A transposed A is packed once for every block of columns, so with few rows and columns it is split into
    /// more blocks of rows instead of blocks of columns. The number of blocks is a multiple of the number of threads if it exceeds it.
    /// </summary>
    static int BlockRowsOf(int m, int threads, bool transposed)
    {
        var strips = (m + Tile.Rows - 1) / Tile.Rows;
        var blocks = (strips + MostStrips - 1) / MostStrips;
        if (transposed && threads > 1)
            blocks = Math.Max(blocks, Math.Min(2 * threads, strips / LeastStrips));
        if (blocks > threads)
            blocks = (blocks + threads - 1) / threads * threads;
        return (strips + blocks - 1) / blocks * Tile.Rows;
    }

    /// <summary>Packs some panels of one chain. The panels are neighbours, so the rows of B are read in long runs.</summary>
    struct PackJob : ILaneJob
    {
        public Operand B;
        public int N, N0, K0, K, Depth, Panels, Group;
        public float* To;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var chunks = (K + Depth - 1) / Depth;
            var panel = i / chunks * Group;
            var p = i % chunks * Depth;
            var width = 2 * V.Count;
            var j = N0 + panel * width;
            var n = Math.Min(Math.Min(Group, Panels - panel) * width, N - j);
            Pack.BPanels<V>(B, K0 + p, Math.Min(Depth, K - p), j, n, To + ((nint)panel * K + p) * width, (nint)K * width);
        }
    }

    struct BlockJob : ILaneJob
    {
        public Operand A;
        public float* Packed, Blocks, C, Sums;
        public int BlockFloats, BlockRows, M, N, N0, Columns, K0, K, Depth, Panels, BlockPanels, ColumnBlocks;
        public bool Add, Last;
        public Epilogue Epilogue;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var width = 2 * V.Count;
            var i0 = i / ColumnBlocks * BlockRows;
            var m = Math.Min(BlockRows, M - i0);
            var firstPanel = i % ColumnBlocks * BlockPanels;
            var lastPanel = Math.Min(Panels, firstPanel + BlockPanels);
            var sums = firstPanel == 0 ? Sums : null;
            for (var p = 0; p < K; p += Depth)
            {
                var depth = Math.Min(Depth, K - p);
                var a = TakeA<V>(i0, m, K0 + p, depth, worker, sums, out var row, out var step, out var group);
                for (var panel = firstPanel; panel < lastPanel; panel++)
                {
                    var j = panel * width;
                    var b = Packed + ((nint)panel * K + p) * width;
                    var columns = Math.Min(width, Columns - j);
                    var c = C + (nint)i0 * N + N0 + j;
                    if (group == 0)
                        Tile.Strip<V>(m, columns, depth, a, row, step, b, width, c, N, Add || p > 0);
                    else
                    {
                        for (var r = 0; r < m; r += Tile.Rows)
                            Tile.Strip<V>(Math.Min(Tile.Rows, m - r), columns, depth, a + r / Tile.Rows * group, row, step, b, width, c + (nint)r * N, N, Add
                                || p > 0);
                    }
                }
            }
            if (Last)
            {
                var j0 = firstPanel * width;
                Epilogue.Apply<V>(C, N, i0, m, N0 + j0, Math.Min(Columns, lastPanel * width) - j0);
            }
        }

        /// <summary>
        /// The block of A, in place or copied, with its strides from row to row and from step to step. <paramref name="group"/> is the stride from
        /// one panel of six rows to the next; 0 if there are no panels.
        /// </summary>
        readonly float* TakeA<V>(int i0, int m, int k0, int depth, int worker, float* sums, out nint row, out nint step, out nint group) where V : struct,
        ILanes<V>
        {
            group = 0;
            if (BlockFloats == 0)
            {
                (row, step) = (A.Stride, 1);
                return A.F32 + i0 * A.Stride + k0;
            }
            var to = Blocks + (nint)worker * BlockFloats;
            if (!A.Transposed)
            {
                (row, step) = (Depth + 16, 1);
                for (var r = 0; r < m; r++)
                    Pack.Row<V>(A, (i0 + r) * A.Stride + k0, to + r * row, depth);
                return to;
            }
            (row, step, group) = (1, Tile.Rows, (nint)depth * Tile.Rows + 8);
            Pack.APanels(A.F32 + k0 * A.Stride + i0, A.Stride, depth, m, to, group);
            if (sums is not null)
                Pack.AddColumnSums(to, group, depth, m, sums + i0);
            return to;
        }
    }
}
