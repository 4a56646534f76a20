using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>
/// Shuffled batches of masked sequences. Batch b at a given length is a pure function of (seed, b), so the number of consumed batches is
/// the whole state, whatever their lengths. Rank r of R takes the items i·R + r. An epoch has as many sequences as the first packing at
/// that length. A later packing splits the text elsewhere and has slightly more or fewer; then a few sequences are left out or repeated.
/// </summary>
public sealed class MaskedBatchSource
{
    /// <summary>Shortest full length in ids: three special tokens, and tokens of both texts.</summary>
    public const int LeastLength = 8;

    readonly SentenceFile file;
    readonly MaskedOptions options;
    readonly Masking masking;
    readonly RandomKey key;
    readonly int rank, ranks;
    readonly Dictionary<int, long> epochs = [];
    (long Pass, int Length) packedFor = (-1, 0);
    List<MaskedInstance> packed = [];

    /// <param name="file">The sentences.</param>
    /// <param name="options">Settings of packing and masks.</param>
    /// <param name="marks">Special tokens of the tokenizer.</param>
    /// <param name="batch">Sequences per batch of one rank.</param>
    /// <param name="seed">Seed of packing, order and masks.</param>
    /// <param name="parts">
    /// For each id, whether it continues the preceding word: see <see cref="MaskedMarks.WordParts"/>. Required for whole-word masking.
    /// </param>
    /// <param name="rank">Number of this rank, from 0.</param>
    /// <param name="ranks">Number of ranks that share the work.</param>
    public MaskedBatchSource(SentenceFile file, MaskedOptions options, MaskedMarks marks, int batch, ulong seed, bool[]? parts = null, int rank = 0,
        int ranks = 1)
    {
        options.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        if (file.Documents < 1)
            throw new ArgumentException($"{file.FilePath}: found no document; expected at least one", nameof(file));
        if (options.Packing == SentencePacking.Pairs && file.Documents < 2)
            throw new ArgumentException(
                $"{file.FilePath}: found one document; expected at least two, because the second text of a pair may come from another document: split the "
                + $"text into more documents, or set packing to full_sentences", nameof(file));
        if (marks.Vocab != file.Vocab)
            throw new ArgumentException($"{file.FilePath}: found ids of a vocabulary of {file.Vocab}; expected {marks.Vocab}", nameof(marks));
        (this.file, this.options, Marks, Batch, this.rank, this.ranks) = (file, options, marks, batch, rank, ranks);
        masking = new Masking(options.Masking, marks, parts);
        key = new RandomKey(seed, 0, 0);
    }

    /// <summary>Special tokens of the tokenizer.</summary>
    public MaskedMarks Marks { get; }

    /// <summary>Sequences per batch of one rank.</summary>
    public int Batch { get; }

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

    /// <summary>Sequences in an epoch at a given length, for all ranks together.</summary>
    public long PerEpoch(int length)
    {
        if (!epochs.TryGetValue(length, out var count))
            epochs[length] = count = Packed(0, length).Count;
        return count;
    }

    /// <summary>Reads the batch at <see cref="Position"/> and advances.</summary>
    /// <param name="length">Largest number of ids in a sequence.</param>
    public MaskedBatch Next(int length) => Read(Position++, length);

    /// <summary>Reads batch <paramref name="index"/> of this rank.</summary>
    public MaskedBatch Read(long index, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var perEpoch = PerEpoch(length);
        var builder = new MaskedBatchBuilder(file, options, Marks, masking, length);
        for (var row = 0; row < Batch; row++)
        {
            var (epoch, place) = Math.DivRem((index * Batch + row) * ranks + rank, perEpoch);
            var pass = options.Duplicates is { } duplicates ? epoch % duplicates : epoch;
            var instances = Packed(pass, length);
            var order = new KeyedPermutation(At(epoch, "order of sequences"), instances.Count);
            var instance = order[place % instances.Count];
            builder.Add(instances[(int)instance], At(pass, "masked tokens"), instance);
        }
        return builder.Build();
    }

    /// <summary>
    /// Every sequence of the first packing once, in the order of the text, always with the same masks: for evaluation. The last batch may
    /// be smaller.
    /// </summary>
    public IEnumerable<MaskedBatch> Once(int length)
    {
        var instances = Packed(0, length);
        for (var start = 0; start < instances.Count; start += Batch)
        {
            var builder = new MaskedBatchBuilder(file, options, Marks, masking, length);
            for (var i = start; i < Math.Min(start + Batch, instances.Count); i++)
                builder.Add(instances[i], At(0, "masked tokens"), i);
            yield return builder.Build();
        }
    }

    /// <summary>Sequences of a pass at a given length.</summary>
    internal List<MaskedInstance> Packed(long pass, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, LeastLength);
        if (packedFor == (pass, length))
            return packed;
        var from = key with { Step = checked((uint)pass) };
        packed = options.Packing == SentencePacking.Pairs ? SentencePairs.Pack(file, options, length, from)
            : FullSentences.Pack(file, options.Packing == SentencePacking.FullSentences, length, from);
        packedFor = (pass, length);
        return packed;
    }

    RandomKey At(long pass, string site) => (key with { Step = checked((uint)pass) }).At(site);
}
