using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>
/// Shuffled batches of masked sequences. Batch b at a length is a pure function of (seed, b), so the number of consumed batches is the whole state, whatever lengths they had; rank r of R takes
/// items i·R + r. An epoch has as many sequences as the first packing at that length. A later packing has a few more or less, as its cuts fall elsewhere: then a few are left out or come twice.
/// </summary>
public sealed class MaskedBatchSource
{
    /// <summary>Ids of the shortest full length: three marks and a token of each text.</summary>
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
    /// <param name="options">Packing and masks.</param>
    /// <param name="marks">Ids of the tokenizer.</param>
    /// <param name="batch">Sequences in a batch of one rank.</param>
    /// <param name="seed">Keys packing, order and masks.</param>
    /// <param name="parts">Of each id whether it goes on with the word before it, see <see cref="MaskedMarks.WordParts"/>; needed for whole words.</param>
    /// <param name="rank">Which of <paramref name="ranks"/> this is.</param>
    /// <param name="ranks">How many share the work.</param>
    public MaskedBatchSource(SentenceFile file, MaskedOptions options, MaskedMarks marks, int batch, ulong seed, bool[]? parts = null, int rank = 0, int ranks = 1)
    {
        options.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        if (file.Documents < 1)
            throw new ArgumentException($"{file.FilePath}: found no document; expected one at least", nameof(file));
        if (options.Packing == SentencePacking.Pairs && file.Documents < 2)
            throw new ArgumentException($"{file.FilePath}: found one document; expected two at least, as the second text of a pair may be from another: cut the text into more documents, or pack full sentences", nameof(file));
        if (marks.Vocab != file.Vocab)
            throw new ArgumentException($"{file.FilePath}: found ids of a vocabulary of {file.Vocab}; expected {marks.Vocab}", nameof(marks));
        (this.file, this.options, Marks, Batch, this.rank, this.ranks) = (file, options, marks, batch, rank, ranks);
        masking = new Masking(options.Masking, marks, parts);
        key = new RandomKey(seed, 0, 0);
    }

    /// <summary>The ids that it is made with.</summary>
    public MaskedMarks Marks { get; }

    /// <summary>Sequences in a batch of one rank.</summary>
    public int Batch { get; }

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

    /// <summary>Sequences in an epoch at a length, over all ranks.</summary>
    public long PerEpoch(int length)
    {
        if (!epochs.TryGetValue(length, out var count))
            epochs[length] = count = Packed(0, length).Count;
        return count;
    }

    /// <summary>The batch at <see cref="Position"/>, which moves on.</summary>
    /// <param name="length">Most ids of a sequence.</param>
    public MaskedBatch Next(int length) => Read(Position++, length);

    /// <summary>Batch <paramref name="index"/> of this rank.</summary>
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

    /// <summary>Every sequence of the first packing once, in the order of the text, always with the same masks: what a model is measured on. The last batch may be smaller.</summary>
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

    /// <summary>The sequences of a pass at a length.</summary>
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
