namespace Nonet.Data;

/// <summary>
/// Shuffled batches of windows of tokens, from one file or a mixture of several. An epoch takes each window of a file once, in an order of its own. Batch b is a pure function of
/// (seed, b), so the number of consumed batches is the whole state; rank r of R takes items i·R + r, so that as many ranks as one likes see the same items in a step of the same size.
/// </summary>
public sealed class BatchSource
{
    readonly Windows[] sources;
    readonly Mixture? mixture;
    readonly int rank, ranks;
    readonly int[] window;

    /// <inheritdoc cref="BatchSource(IReadOnlyList{TokenFile}, IReadOnlyList{double}?, int, int, ulong, int, int)"/>
    public BatchSource(TokenFile tokens, int context, int batch, ulong seed, int rank = 0, int ranks = 1) : this([tokens], null, context, batch, seed, rank, ranks)
    {
    }

    /// <param name="tokens">The files.</param>
    /// <param name="weights">Shares of the files; null: by their windows, so that an epoch of all takes each window once.</param>
    /// <param name="context">Ids in a window, each with the next id as its target.</param>
    /// <param name="batch">Windows in a batch of one rank.</param>
    /// <param name="seed">Keys order, offsets and mixture.</param>
    /// <param name="rank">Which of <paramref name="ranks"/> this is.</param>
    /// <param name="ranks">How many share the work.</param>
    public BatchSource(IReadOnlyList<TokenFile> tokens, IReadOnlyList<double>? weights, int context, int batch, ulong seed, int rank = 0, int ranks = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        (Context, Batch, this.rank, this.ranks) = (context, batch, rank, ranks);
        var step = (long)batch * ranks;
        var least = tokens.Count == 1 ? step : 1;
        sources = [.. tokens.Select(t => new Windows(t, context, least, seed))];
        for (var s = 0; s < sources.Length; s++)
        {
            if (sources[s].Count >= least)
                continue;
            throw new ArgumentException($"{tokens[s].FilePath}: found {tokens[s].Count} tokens; expected at least {least * context + 1} for {(tokens.Count == 1 ? $"one batch of {step} x {context} and its targets" : "one sequence and its targets")}: "
                + "use more text, a smaller batch or a shorter context", nameof(tokens));
        }
        if (WindowsPerEpoch < step)
            throw new ArgumentException($"the data has {WindowsPerEpoch} sequences of {context} tokens in all: at least {step} are needed for one batch; use more text, a smaller batch or a shorter context", nameof(tokens));
        mixture = tokens.Count == 1 ? null : new Mixture(weights ?? [.. sources.Select(s => (double)s.Count)], seed);
        window = new int[context + 1];
    }

    public int Context { get; }

    /// <summary>Windows in a batch of one rank.</summary>
    public int Batch { get; }

    /// <summary>Windows in an epoch of all files, over all ranks.</summary>
    public long WindowsPerEpoch => sources.Sum(s => s.Count);

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
            var source = 0;
            if (mixture is not null)
                (source, item) = mixture.At(item);
            sources[source].Read(item, window);
            window.AsSpan(0, Context).CopyTo(ids[(row * Context)..]);
            window.AsSpan(1).CopyTo(targets[(row * Context)..]);
        }
    }
}
