using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models;

/// <summary>
/// Keys and values of the tokens that a decoder has processed, so that each new token costs only one row of work. The cache is paged: a sequence is a
/// list of blocks of <see cref="BlockSize"/> tokens in pools that all sequences share, one pair of pools per layer. Kwon et al. 2023, section 4.1.
/// Sequences made by <see cref="Fork"/> share the blocks of their common prefix. A shared block is copied when one of its sequences writes to it
/// (section 4.4).
/// </summary>
/// <param name="model">The model whose keys and values are kept.</param>
/// <param name="limit">Largest total number of tokens of all sequences, rounded up to blocks; null: the pools grow as needed.</param>
/// <param name="type">Type of keys and values; null: that of the device's activations. Throws if the device does not support it.</param>
public sealed class KvCache(ICachedModel model, int? limit = null, DType? type = null) : IDisposable
{
    /// <summary>Tokens per block.</summary>
    public const int BlockSize = 64;

    /// <summary>Number of blocks with which the pools begin.</summary>
    const int FirstBlocks = 4;

    readonly Device device = model.Parameters.Device;
    readonly DType type = Supported(model, type ?? model.Parameters.Device.Float);
    readonly Tensor[] keys = new Tensor[model.Layers], values = new Tensor[model.Layers];
    readonly Dictionary<int, Sequence> sequences = [];
    readonly Stack<int> free = [];
    readonly List<int> owners = []; // number of sequences that use each block
    readonly int? limitBlocks = limit is null or >= 1 ? (limit + BlockSize - 1) / BlockSize
        : throw new ArgumentOutOfRangeException(nameof(limit), limit, "expected at least 1 token, or null for no limit");
    int blocks, nextSequence;

    /// <summary>Number of sequences that have begun and have not been removed.</summary>
    public int Sequences => sequences.Count;

    /// <summary>Number of tokens that the pools can hold at present.</summary>
    public int Capacity => blocks * BlockSize;

    /// <summary>Bytes of the pools.</summary>
    public long Bytes => BytesPerToken * Capacity;

    /// <summary>Begins an empty sequence. Returns its number.</summary>
    public int Begin()
    {
        sequences.Add(nextSequence, new Sequence());
        return nextSequence++;
    }

    /// <summary>
    /// Begins a sequence with all tokens of another one. A block is copied only when one of the two grows. Returns the number of the sequence.
    /// </summary>
    public int Fork(int sequence)
    {
        var from = Find(sequence);
        var fork = new Sequence { Length = from.Length };
        fork.Blocks.AddRange(from.Blocks);
        foreach (var block in fork.Blocks)
            owners[block]++;
        sequences.Add(nextSequence, fork);
        return nextSequence++;
    }

    /// <summary>Begins a sequence with full blocks that are already in use. Returns the number of the sequence.</summary>
    internal int Begin(IEnumerable<int> shared)
    {
        var number = Begin();
        var s = sequences[number];
        foreach (var block in shared)
        {
            s.Blocks.Add(block);
            owners[block]++;
        }
        s.Length = s.Blocks.Count * BlockSize;
        return number;
    }

    /// <summary>Appends copies of the first tokens of another sequence's block to a sequence that ends at the end of a block.</summary>
    internal void AppendCopy(int sequence, int block, int tokens)
    {
        var s = Find(sequence);
        if (free.Count == 0)
            Grow(blocks + 1);
        s.Blocks.Add(Take());
        Copy(block, s.Blocks[^1], tokens);
        s.Length += tokens;
    }

    /// <summary>Block that holds tokens [index · BlockSize, ...) of a sequence.</summary>
    internal int BlockAt(int sequence, int index) => Find(sequence).Blocks[index];

    /// <summary>Number of blocks of a sequence.</summary>
    internal int BlocksOf(int sequence) => Find(sequence).Blocks.Count;

    /// <summary>Keeps a block beyond the end of its sequences, until <see cref="Release"/>.</summary>
    internal void Retain(int block) => owners[block]++;

    /// <summary>Largest number of blocks that the pools may have.</summary>
    internal int MostBlocks => limitBlocks ?? int.MaxValue;

    /// <summary>Number of free blocks, including those by which the pools can still grow.</summary>
    internal int FreeBlocks => MostBlocks - blocks + free.Count;

    /// <summary>Bytes of one token's keys and values in all layers.</summary>
    public long BytesPerToken => type.Bytes(2L * keys.Length * model.KvHeads * model.HeadWidth);

    /// <summary>Number of tokens of a sequence.</summary>
    public int Length(int sequence) => Find(sequence).Length;

    /// <summary>Removes the tokens of a sequence from index <paramref name="length"/> on.</summary>
    public void Truncate(int sequence, int length)
    {
        var s = Find(sequence);
        if (length < 0 || length > s.Length)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"sequence {sequence} has {s.Length} tokens");
        s.Length = length;
        var kept = (length + BlockSize - 1) / BlockSize;
        while (s.Blocks.Count > kept)
        {
            Release(s.Blocks[^1]);
            s.Blocks.RemoveAt(s.Blocks.Count - 1);
        }
    }

    /// <summary>Removes a sequence and frees its blocks.</summary>
    public void Remove(int sequence)
    {
        Truncate(sequence, 0);
        sequences.Remove(sequence);
    }

    /// <summary>
    /// Reserves space for new tokens of one sequence, and returns the batch that computes them. Pass the batch with this cache to the model's
    /// Forward, which writes their keys and values.
    /// </summary>
    public Batch Append(int sequence, ReadOnlySpan<int> ids) => Append([sequence], ids, [0, ids.Length]);

    /// <summary>The same for several sequences at once: prompts and single tokens may be mixed.</summary>
    /// <param name="numbers">S different sequences.</param>
    /// <param name="ids">Their new tokens, end to end.</param>
    /// <param name="starts">(S + 1) first new token of each sequence in ids, and the count of ids.</param>
    public Batch Append(ReadOnlySpan<int> numbers, ReadOnlySpan<int> ids, ReadOnlySpan<int> starts) => Append(numbers, ids, starts, used: null);

    /// <summary>The same, with the objects of an earlier batch that is no longer in use, so that a step leaves no garbage.</summary>
    internal Batch Append(ReadOnlySpan<int> numbers, ReadOnlySpan<int> ids, ReadOnlySpan<int> starts, Batch? used)
    {
        Check(numbers, ids, starts);
        Reserve(numbers, starts);
        var table = device.Host.Full(new Shape(numbers.Length, LongestTable(numbers)), DType.I32, 0);
        var positions = device.Host.Empty(new Shape(ids.Length), DType.I32);
        var slots = device.Host.Empty(new Shape(ids.Length), DType.I32);
        var lengths = device.Host.Empty(new Shape(numbers.Length), DType.I32);
        var p = positions.AsSpan<int>();
        var slot = slots.AsSpan<int>();
        var columns = table.Shape.Last;
        var longest = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var s = Find(numbers[i]);
            for (var t = starts[i]; t < starts[i + 1]; t++)
            {
                p[t] = s.Length++;
                slot[t] = s.Blocks[p[t] / BlockSize] * BlockSize + p[t] % BlockSize;
            }
            lengths.AsSpan<int>()[i] = s.Length;
            s.Blocks.CopyTo(table.AsSpan<int>().Slice(i * columns, columns));
            longest = Math.Max(longest, s.Length);
        }
        var (tokens, firsts) = (OnHost(ids), OnHost(starts));
        if (used is not null)
            return used.Refill(tokens, positions, slots, firsts, table, lengths, longest);
        var layout = new AttentionLayout
        {
            QueryStarts = new Indices(device, firsts),
            BlockTable = new Indices(device, table),
            KeyLengths = new Indices(device, lengths),
            BlockSize = BlockSize
        };
        return new Batch(new Indices(device, tokens), new Indices(device, positions), layout, longest) { Slots = new Indices(device, slots) };
    }

    Tensor OnHost(ReadOnlySpan<int> values)
    {
        var tensor = device.Host.Empty(new Shape(values.Length), DType.I32);
        values.CopyTo(tensor.AsSpan<int>());
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in keys)
            pool?.Dispose();
        foreach (var pool in values)
            pool?.Dispose();
    }

    /// <summary>The pool (Capacity, KvHeads · HeadWidth) of a layer's keys.</summary>
    internal Tensor Keys(int layer) => keys[layer];

    internal Tensor Values(int layer) => values[layer];

    internal void Write(int layer, Tensor k, Tensor v, Indices slots)
    {
        Ops.ScatterRows(k, slots, keys[layer]);
        Ops.ScatterRows(v, slots, values[layer]);
    }

    void Check(ReadOnlySpan<int> numbers, ReadOnlySpan<int> ids, ReadOnlySpan<int> starts)
    {
        if (numbers.Length == 0 || starts.Length != numbers.Length + 1 || starts[0] != 0 || starts[^1] != ids.Length)
            throw new ShapeException($"{numbers.Length} sequences need {numbers.Length + 1} starts from 0 to {ids.Length}, the count of ids");
        for (var i = 0; i < numbers.Length; i++)
        {
            var length = Find(numbers[i]).Length;
            if (numbers[..i].Contains(numbers[i]))
                throw new ArgumentException($"sequence {numbers[i]} is in the batch twice", nameof(numbers));
            if (starts[i + 1] <= starts[i])
                throw new ShapeException($"sequence {numbers[i]} gets no token; expected at least one");
            if ((long)length + starts[i + 1] - starts[i] > model.Context)
            {
                throw new ShapeException(
                    $"sequence {numbers[i]} of {length} tokens and {starts[i + 1] - starts[i]} more is longer than the model's context of {model.Context}");
            }
        }
    }

    /// <summary>Gives every sequence the blocks for its new tokens. If that fails, it throws before any sequence has changed.</summary>
    void Reserve(ReadOnlySpan<int> numbers, ReadOnlySpan<int> starts)
    {
        var needed = SharedTails(numbers);
        for (var i = 0; i < numbers.Length; i++)
            needed += Missing(Find(numbers[i]), starts[i + 1] - starts[i]);
        if (needed > free.Count)
            Grow(blocks + needed - free.Count);
        for (var i = 0; i < numbers.Length; i++)
        {
            var s = Find(numbers[i]);
            if (s.Tail is { } tail && owners[tail] > 1)
            {
                s.Blocks[^1] = Take();
                Copy(tail, s.Blocks[^1], s.Length % BlockSize);
                Release(tail);
            }
            for (var n = Missing(s, starts[i + 1] - starts[i]); n > 0; n--)
                s.Blocks.Add(Take());
        }
    }

    /// <summary>Number of blocks that must be copied before the sequences grow. The last owner of a block keeps it.</summary>
    int SharedTails(ReadOnlySpan<int> numbers)
    {
        var (copies, left) = (0, default(Dictionary<int, int>)); // most steps need none
        foreach (var number in numbers)
        {
            if (Find(number).Tail is not { } tail || owners[tail] == 1)
                continue;
            left ??= [];
            var others = left.GetValueOrDefault(tail, owners[tail]) - 1;
            copies += others > 0 ? 1 : 0;
            left[tail] = others;
        }
        return copies;
    }

    int Take()
    {
        var block = free.Pop();
        owners[block] = 1;
        return block;
    }

    /// <summary>Gives up one claim on a block; the last one frees it.</summary>
    internal void Release(int block)
    {
        if (--owners[block] == 0)
            free.Push(block);
    }

    /// <summary>Copies the first tokens of a block in all pools.</summary>
    void Copy(int from, int to, int tokens)
    {
        var row = (long)model.KvHeads * model.HeadWidth;
        foreach (var pool in keys.Concat(values))
            CopyRows(pool, from * BlockSize * row, pool, to * BlockSize * row, tokens * row);
    }

    static int Missing(Sequence s, int more) => (s.Length + more + BlockSize - 1) / BlockSize - s.Blocks.Count;

    void Grow(int needed)
    {
        if (needed > limitBlocks)
            throw new InvalidOperationException(
                $"the KV cache is full: {needed * BlockSize} tokens do not fit, its limit is {limitBlocks * BlockSize}; remove a sequence or raise the limit");
        var grown = Math.Min(Math.Max(needed, Math.Max(FirstBlocks, 2 * blocks)), limitBlocks ?? int.MaxValue);
        var shape = new Shape(checked(grown * BlockSize), model.KvHeads * model.HeadWidth);
        for (var layer = 0; layer < keys.Length; layer++)
        {
            keys[layer] = Enlarged(keys[layer], shape);
            values[layer] = Enlarged(values[layer], shape);
        }
        for (var block = grown - 1; block >= blocks; block--)
            free.Push(block);
        owners.AddRange(new int[grown - blocks]);
        blocks = grown;
    }

    Tensor Enlarged(Tensor? pool, Shape shape)
    {
        var larger = device.Full(shape, type, 0).Unscoped(); // zeros: what attention masks out must still be a number
        if (pool is not null)
        {
            CopyRows(pool, 0, larger, 0, pool.Elements);
            pool.Dispose();
        }
        return larger;
    }

    static DType Supported(ICachedModel model, DType type)
    {
        model.Parameters.Device.Require(TensorUse.Cache, type);
        var row = model.KvHeads * model.HeadWidth;
        return row % type.BlockElements() == 0 ? type
            : throw new NotSupportedException(
                $"a KV cache in {type} needs rows of a multiple of {type.BlockElements()} numbers; this model's keys have {row}: choose another type, such "
                + $"as {DType.F16}");
    }

    void CopyRows(Tensor from, long first, Tensor to, long at, long elements) =>
        device.CopyBlocks(from, new Blocks(first, 0), new GradientTarget(to, add: false), new Blocks(at, 0), new Extents(1, elements));

    int LongestTable(ReadOnlySpan<int> numbers)
    {
        var most = 0;
        foreach (var number in numbers)
            most = Math.Max(most, Find(number).Blocks.Count);
        return most;
    }

    Sequence Find(int number) => sequences.TryGetValue(number, out var s) ? s
        : throw new ArgumentException($"the KV cache has no sequence {number}: Begin one first");

    sealed class Sequence
    {
        public List<int> Blocks { get; } = [];
        public int Length { get; set; }

        /// <summary>Block of the next token if it already holds tokens; null if the next token begins a new block.</summary>
        public int? Tail => Length % BlockSize == 0 ? null : Blocks[^1];
    }
}
