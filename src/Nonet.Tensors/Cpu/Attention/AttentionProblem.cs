namespace Nonet.Tensors.Cpu;

/// <summary>The inputs of one attention call as numbers and pointers, shared by all its pieces of work.</summary>
unsafe struct AttentionProblem
{
    /// <summary>Floats in a pair of the widest registers. Rows are padded to a multiple of it.</summary>
    const int Unit = 32;

    public float* Q;

    /// <summary>F32 rows of the batch, or rows of a pool in <see cref="KeyType"/>.</summary>
    public void* K, V;
    public DType KeyType;
    public int Heads, KvHeads, Width, Sequences;

    /// <summary>Number of query rows in the batch, and the largest numbers of queries and keys of a sequence.</summary>
    public int Rows, MostQueries, MostKeys;
    public float Scale;

    /// <summary>Cap of the scores; 0: none.</summary>
    public float Cap;

    /// <summary>The query at position p sees the keys [p - Behind, p + Ahead).</summary>
    public long Behind, Ahead;

    /// <summary>(Heads, BiasStride): the bias of every distance, with the clamped ends repeated; null: none. Distance 0 is at BiasZero.</summary>
    public float* Bias;
    public int BiasStride, BiasZero;

    /// <summary>Keep: 1 / (1 - p). Drop: p; 0: no dropout.</summary>
    public float Keep, Drop;
    public RandomKey Key;

    public int* QueryStarts, KeyStarts, Table, KeyLengths;
    public int TableStride, BlockSize;

    public AttentionProblem(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options)
    {
        Q = q.F32;
        K = k.Bytes;
        V = v.Bytes;
        KeyType = k.DType;
        (Heads, KvHeads, Width, Sequences, Rows) = (options.Heads, options.KvHeads, q.Shape[1] / options.Heads, layout.Sequences, q.Shape[0]);
        Scale = options.Scale ?? (float)(1 / Math.Sqrt(Width));
        Cap = options.SoftCap ?? 0;
        const long All = 1L << 40;
        Behind = options.Window - 1 ?? All;
        Ahead = options.Causal ? 1 : options.Window ?? All;
        Keep = options.Dropout > 0 ? (float)(1 / (1 - (double)options.Dropout)) : 0;
        (Drop, Key) = (options.Dropout, options.Key);
        QueryStarts = layout.QueryStarts.I32;
        KeyStarts = layout.KeyStarts is null ? null : layout.KeyStarts.I32;
        if (layout.BlockTable is not null)
        {
            Table = layout.BlockTable.I32;
            KeyLengths = layout.KeyLengths!.I32;
            (TableStride, BlockSize) = (layout.BlockTable.Shape[1], layout.BlockSize);
        }
        for (var s = 0; s < Sequences; s++)
        {
            var sequence = this[s];
            MostQueries = Math.Max(MostQueries, sequence.Queries);
            MostKeys = Math.Max(MostKeys, sequence.Keys);
        }
        BiasZero = MostKeys;
        BiasStride = (MostKeys + MostQueries + 2 * Unit) / Unit * Unit; // a last register may reach beyond the last key
    }

    /// <summary>Query heads that share one key head.</summary>
    public readonly int Group => Heads / KvHeads;

    /// <summary>Floats from one query row to the next, and from one dense key row to the next.</summary>
    public readonly int QueryStride => Heads * Width;
    public readonly int KeyStride => KvHeads * Width;

    /// <summary>The head width rounded up to whole pairs of the widest registers, and the stride of copied rows: an odd number of cache lines.</summary>
    public readonly int Padded => (Width + Unit - 1) / Unit * Unit;
    public readonly int CopyStride => Padded + Unit / 2;

    public readonly AttentionSequence this[int s] => new()
    {
        Index = s,
        FirstQuery = QueryStarts[s],
        Queries = QueryStarts[s + 1] - QueryStarts[s],
        FirstKey = KeyStarts is null ? 0 : KeyStarts[s],
        Keys = KeyStarts is null ? KeyLengths[s] : KeyStarts[s + 1] - KeyStarts[s],
    };

    /// <summary>
    /// Number of keys from <paramref name="key"/> on that are contiguous in memory: the rest of a block of the pool, or of the sequence. Panels are
    /// not split: if a block does not hold whole panels, the run is a single key.
    /// </summary>
    public readonly int RunAt(in AttentionSequence sequence, int key, int count, int panel, out nint row)
    {
        if (Table is null)
        {
            row = sequence.FirstKey + key;
            return count;
        }
        row = (nint)Table[(nint)sequence.Index * TableStride + key / BlockSize] * BlockSize + key % BlockSize;
        return BlockSize % panel == 0 ? Math.Min(count, BlockSize - key % BlockSize) : 1;
    }

    /// <summary>Keys or values as an operand of a product. Their rows are those of the pool or of the batch.</summary>
    public readonly Operand FactorOf(void* rows) => new() { Data = rows, Type = KeyType, Stride = KeyStride, Transposed = true };

    /// <summary>The bias of a head, so that key j of the query at position p reads element j - p.</summary>
    public readonly float* BiasOf(int head) => Bias is null ? null : Bias + (nint)head * BiasStride + BiasZero;
}

/// <summary>Rows of one sequence among the queries and the keys.</summary>
struct AttentionSequence
{
    public int Index, FirstQuery, Queries, FirstKey, Keys;

    /// <summary>Position of query i among the keys. The last query has the position of the last key.</summary>
    public readonly long Position(int i) => (long)Keys - Queries + i;
}

/// <summary>
/// A block of consecutive queries against a block of consecutive keys. The keys that query r sees, [Low(r), High(r)), only move up with r.
/// </summary>
/// <param name="rows">Queries.</param>
/// <param name="keys">Keys.</param>
/// <param name="offset">Position of query 0, counted from key 0 of the block.</param>
/// <param name="behind">Number of keys before its own position that a query sees.</param>
/// <param name="ahead">1, or more if a query sees keys after its own position.</param>
readonly struct AttentionPair(int rows, int keys, long offset, long behind, long ahead)
{
    public int Rows { get; } = rows;
    public int Keys { get; } = keys;
    public int Low(int r) => (int)Math.Clamp(offset + r - behind, 0, Keys);
    public int High(int r) => (int)Math.Clamp(offset + r + ahead, 0, Keys);

    /// <summary>The first query that sees key j or a later one.</summary>
    public int FirstRow(int j) => (int)Math.Clamp(j - offset - ahead + 1, 0, Rows);

    /// <summary>One past the last query that sees key j or an earlier one.</summary>
    public int EndRow(int j) => (int)Math.Clamp(j - offset + behind + 1, 0, Rows);
    public bool IsEmpty => High(Rows - 1) == 0 || Low(0) == Keys;
    public bool IsFull => High(0) == Keys && Low(Rows - 1) == 0;

    /// <summary>Position of query r, counted from key 0 of the block.</summary>
    public long Position(int r) => offset + r;
}
