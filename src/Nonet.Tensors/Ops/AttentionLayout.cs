namespace Nonet.Tensors;

/// <summary>
/// Says which keys the rows of a flat batch attend to. The batch has S sequences of any length, including 0. The queries of the sequences
/// lie one after another. Keys and values lie the same way (<see cref="KeyStarts"/>), or in blocks of a pool, which a table lists for each
/// sequence (<see cref="BlockTable"/>, <see cref="KeyLengths"/>, <see cref="BlockSize"/>; Kwon et al. 2023, PagedAttention).
/// </summary>
public sealed record AttentionLayout
{
    /// <summary>(S+1): sequence s has the query rows [QueryStarts[s], QueryStarts[s+1]).</summary>
    public required Indices QueryStarts { get; init; }

    /// <summary>(S+1): sequence s has the key rows [KeyStarts[s], KeyStarts[s+1]); equal to QueryStarts in self-attention.</summary>
    public Indices? KeyStarts { get; init; }

    /// <summary>(S, MaxBlocks): key j of sequence s is row BlockTable[s, j / BlockSize] · BlockSize + j % BlockSize of the pool.</summary>
    public Indices? BlockTable { get; init; }

    /// <summary>(S): number of keys of each sequence in a pool, including the keys of its queries.</summary>
    public Indices? KeyLengths { get; init; }

    /// <summary>Keys in a block of the pool.</summary>
    public int BlockSize { get; init; }

    /// <summary>S.</summary>
    public int Sequences => QueryStarts.Count - 1;

    /// <summary>Whether keys and values are found through a block table.</summary>
    public bool IsPaged => BlockTable is not null;

    internal (int FirstQuery, int Queries, int FirstKey, int Keys) this[int s]
    {
        get
        {
            var (q, end) = (QueryStarts.Values[s], QueryStarts.Values[s + 1]);
            return KeyLengths is not null ? (q, end - q, 0, KeyLengths.Values[s])
                : (q, end - q, KeyStarts!.Values[s], KeyStarts.Values[s + 1] - KeyStarts.Values[s]);
        }
    }

    /// <summary>Row of key j of sequence s.</summary>
    internal int KeyRow(int s, int j) =>
        BlockTable is null ? KeyStarts!.Values[s] + j : BlockTable.Values[s * BlockTable.Shape[1] + j / BlockSize] * BlockSize + j % BlockSize;

    internal void CheckShapes()
    {
        if (QueryStarts.Shape.Rank != 1 || QueryStarts.Count < 1)
            throw new ShapeException($"Attention: QueryStarts is {QueryStarts.Shape}; expected (S+1)");
        if (BlockTable is null)
        {
            if (KeyStarts is null)
                throw new ShapeException("Attention: the layout has neither KeyStarts nor BlockTable; give KeyStarts = QueryStarts for self-attention");
            if (KeyLengths is not null)
                throw new ShapeException("Attention: the layout has KeyLengths but no BlockTable; give both, or KeyStarts alone");
            if (KeyStarts.Shape != QueryStarts.Shape)
                throw new ShapeException($"Attention: KeyStarts is {KeyStarts.Shape}; expected {QueryStarts.Shape} like QueryStarts");
            return;
        }
        if (KeyStarts is not null)
            throw new ShapeException("Attention: the layout has both KeyStarts and BlockTable; give one of them");
        if (BlockTable.Shape.Rank != 2 || BlockTable.Shape[0] != Sequences)
            throw new ShapeException($"Attention: BlockTable is {BlockTable.Shape}; expected ({Sequences}, MaxBlocks)");
        if (KeyLengths is null || KeyLengths.Shape != new Shape(Sequences))
            throw new ShapeException($"Attention: KeyLengths is {KeyLengths?.Shape.ToString() ?? "missing"}; expected ({Sequences}) beside BlockTable");
        if (BlockSize < 1)
            throw new ShapeException($"Attention: BlockSize {BlockSize}; expected 1 or more beside BlockTable");
    }

    /// <summary>Checks the values: a wrong start or block number would read the memory of other tensors.</summary>
    internal void CheckValues(int queries, int keys)
    {
        CheckStarts(nameof(QueryStarts), QueryStarts, queries);
        if (KeyStarts is not null)
        {
            CheckStarts(nameof(KeyStarts), KeyStarts, keys);
            return;
        }
        var table = BlockTable!.Values;
        var (wide, blocks) = (BlockTable.Shape[1], keys / BlockSize);
        for (var s = 0; s < Sequences; s++)
        {
            var length = KeyLengths!.Values[s];
            if (length < 0 || length > (long)wide * BlockSize)
                throw new ShapeException($"Attention: KeyLengths[{s}] is {length}; {wide} blocks of {BlockSize} hold 0 to {(long)wide * BlockSize} keys");
            for (var b = 0; (long)b * BlockSize < length; b++)
            {
                var block = table[s * wide + b];
                if ((uint)block >= (uint)blocks)
                    throw new ShapeException($"Attention: BlockTable[{s}, {b}] is {block}; a pool of {keys} rows has {blocks} blocks of {BlockSize}");
            }
        }
    }

    static void CheckStarts(string name, Indices starts, int rows)
    {
        var values = starts.Values;
        if (values[0] != 0 || values[^1] != rows)
            throw new ShapeException($"Attention: {name} runs from {values[0]} to {values[^1]}; expected 0 to {rows} (the rows)");
        for (var s = 1; s < values.Length; s++)
        {
            if (values[s] < values[s - 1])
                throw new ShapeException($"Attention: {name}[{s}] is {values[s]}, below {name}[{s - 1}] = {values[s - 1]}; starts must not fall");
        }
    }
}
