using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// Shuffled batches of windows of tokens. An epoch cuts the file, from an offset of its own, into windows of Context targets and takes each once, in an
/// order that is a keyed permutation. Batch b is a pure function of (seed, b), so the number of consumed batches is the whole state;
/// rank r of R takes items i·R + r, so that as many ranks as one likes see the same items in a step of the same size.
/// </summary>
public sealed class BatchSource
{
    readonly TokenFile tokens;
    readonly RandomKey orderKey, offsetKey;
    readonly long windows;
    readonly int offsets, rank, ranks;
    readonly int[] window;
    KeyedPermutation order;
    long epoch = -1, offset;

    /// <param name="tokens">The corpus.</param>
    /// <param name="context">Ids in a window, each with the next id as its target.</param>
    /// <param name="batch">Windows in a batch of one rank.</param>
    /// <param name="seed">Keys order and offsets.</param>
    /// <param name="rank">Which of <paramref name="ranks"/> this is.</param>
    /// <param name="ranks">How many share the work.</param>
    public BatchSource(TokenFile tokens, int context, int batch, ulong seed, int rank = 0, int ranks = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        (this.tokens, Context, Batch, this.rank, this.ranks) = (tokens, context, batch, rank, ranks);
        var step = (long)batch * ranks;
        windows = (tokens.Count - context) / context; // as many as fit behind every offset below Context
        if (windows < step)
            windows = (tokens.Count - 1) / context; // a small corpus: behind fewer offsets
        if (windows < step || windows < 1)
        {
            throw new ArgumentException($"{tokens.FilePath}: found {tokens.Count} tokens; expected at least {step * context + 1} for one batch of {step} x {context} and its targets: "
                + "use more text, a smaller batch or a shorter context", nameof(tokens));
        }
        offsets = (int)Math.Min(context, tokens.Count - windows * context);
        orderKey = new RandomKey(seed, 0, 0).At("order of windows");
        offsetKey = new RandomKey(seed, 0, 0).At("offset of windows");
        window = new int[context + 1];
    }

    public int Context { get; }

    /// <summary>Windows in a batch of one rank.</summary>
    public int Batch { get; }

    /// <summary>Windows in an epoch, over all ranks.</summary>
    public long WindowsPerEpoch => windows;

    /// <summary>Batches consumed: the cursor to save and to set when resuming.</summary>
    public long Position
    {
        get => field;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Fills the batch at <see cref="Position"/> and moves on. Both spans hold Batch x Context ids.</summary>
    public void Next(Span<int> ids, Span<int> targets) => Fill(Position++, ids, targets);

    /// <summary>Fills batch <paramref name="index"/> of this rank.</summary>
    public void Fill(long index, Span<int> ids, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (ids.Length != Batch * Context || targets.Length != ids.Length)
            throw new ArgumentException($"room for {ids.Length} ids and {targets.Length} targets; a batch has {Batch} x {Context} of each");
        for (var row = 0; row < Batch; row++)
        {
            var item = (index * Batch + row) * ranks + rank;
            Enter(item / windows);
            tokens.Read(offset + order[item % windows] * Context, window);
            window.AsSpan(0, Context).CopyTo(ids[(row * Context)..]);
            window.AsSpan(1).CopyTo(targets[(row * Context)..]);
        }
    }

    void Enter(long wanted)
    {
        if (wanted == epoch)
            return;
        epoch = wanted;
        order = new KeyedPermutation(orderKey with { Step = checked((uint)epoch) }, windows);
        offset = Philox.Below(offsetKey, (ulong)epoch, offsets);
    }
}
