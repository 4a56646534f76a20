namespace Nonet.Data;

/// <summary>
/// Shuffled batches of windows of tokens, from one file or a mixture of several. An epoch contains each window of a file once, in its own
/// order. Batch b is a pure function of (seed, b), so the number of consumed batches is the whole state. Rank r of R takes the items i·R +
/// r. For a fixed number of items per step, all numbers of ranks see the same items in a step.
/// </summary>
public sealed class BatchSource
{
    readonly Windows[] sources;
    readonly Mixture? mixture;
    readonly int rank, ranks;
    readonly int[] window;

    /// <inheritdoc cref="BatchSource(IReadOnlyList{TokenFile}, IReadOnlyList{double}?, int, int, ulong, int, int)"/>
    public BatchSource(TokenFile tokens, int context, int batch, ulong seed, int rank = 0, int ranks = 1)
        : this([tokens], null, context, batch, seed, rank, ranks)
    {
    }

    /// <param name="tokens">The files.</param>
    /// <param name="weights">
    /// Shares of the files; null: in proportion to their number of windows, so that an epoch contains each window once.
    /// </param>
    /// <param name="context">Ids per window. The next id is the target of each.</param>
    /// <param name="batch">Windows per batch of one rank.</param>
    /// <param name="seed">Seed of order, offsets and mixture.</param>
    /// <param name="rank">Number of this rank, from 0.</param>
    /// <param name="ranks">Number of ranks that share the work.</param>
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
            throw new ArgumentException(
                $"{tokens[s].FilePath}: found {tokens[s].Count} tokens; expected at least {least * context + 1} for "
                + $"{(tokens.Count == 1 ? $"one batch of {step} x {context} and its targets" : "one sequence and its targets")}: "
                + "use more text, a smaller batch or a shorter context", nameof(tokens));
        }
        if (WindowsPerEpoch < step)
            throw new ArgumentException(
                $"the data has {WindowsPerEpoch} sequences of {context} tokens; one batch needs at least {step}: use more text, a smaller batch or a "
                + $"shorter context", nameof(tokens));
        mixture = tokens.Count == 1 ? null : new Mixture(weights ?? [.. sources.Select(s => (double)s.Count)], seed);
        window = new int[context + 1];
    }

    /// <summary>Ids per window.</summary>
    public int Context { get; }

    /// <summary>Windows per batch of one rank.</summary>
    public int Batch { get; }

    /// <summary>Windows in an epoch of all files, for all ranks together.</summary>
    public long WindowsPerEpoch => sources.Sum(s => s.Count);

    /// <summary>Number of batches consumed. Save it, and set it to resume.</summary>
    public long Position
    {
        get => field;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Fills both spans with the batch at <see cref="Position"/> and advances. Each span holds Batch × Context ids.</summary>
    public void Next(Span<int> ids, Span<int> targets) => Fill(Position++, ids, targets);

    /// <summary>Fills batch <paramref name="index"/> of this rank.</summary>
    public void Fill(long index, Span<int> ids, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (ids.Length != Batch * Context || targets.Length != ids.Length)
            throw new ArgumentException($"the spans hold {ids.Length} ids and {targets.Length} targets; a batch has {Batch} x {Context} of each");
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
