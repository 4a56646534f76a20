using Nonet.Text;

namespace Nonet.Data.Pairs;

/// <summary>
/// Sources and targets as ids, end to end. Each source is encoded by <see cref="Tokenizer.EncodeSource"/>, each target as plain text with
/// an end token. A text longer than the model's context is truncated before its end token, and counted.
/// </summary>
public sealed class TokenPairs
{
    readonly int[] ids;
    readonly int[] starts;

    TokenPairs(int[] ids, int[] starts, int cut, long targetBytes) => (this.ids, this.starts, Cut, TargetBytes) = (ids, starts, cut, targetBytes);

    /// <summary>Number of pairs.</summary>
    public int Count => (starts.Length - 1) / 2;

    /// <summary>Number of pairs with a truncated side.</summary>
    public int Cut { get; }

    /// <summary>Bytes of the targets in UTF-8.</summary>
    public long TargetBytes { get; }

    /// <summary>Ids of all sources, including end tokens.</summary>
    public long SourceTokens => Enumerable.Range(0, Count).Sum(i => (long)Source(i).Length);

    /// <summary>Ids of all targets, including end tokens.</summary>
    public long TargetTokens => Enumerable.Range(0, Count).Sum(i => (long)Target(i).Length);

    /// <summary>Ids of a source; the last one is the end token.</summary>
    public ReadOnlySpan<int> Source(int pair) => ids.AsSpan(starts[2 * pair]..starts[2 * pair + 1]);

    /// <summary>Ids of a target, which the decoder should write; the last one is the end token.</summary>
    public ReadOnlySpan<int> Target(int pair) => ids.AsSpan(starts[2 * pair + 1]..starts[2 * pair + 2]);

    /// <summary>Encodes pairs on several threads. The result does not depend on their number.</summary>
    /// <param name="pairs">Texts.</param>
    /// <param name="tokenizer">Tokenizer of both sides.</param>
    /// <param name="context">Largest number of ids per side, including the end token.</param>
    /// <param name="threads">Number of threads; null: all cores.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The pairs have more than 2^31 ids.</exception>
    public static TokenPairs Encode(IReadOnlyList<(string Source, string Target)> pairs, Tokenizer tokenizer, int context, int? threads = null,
        CancellationToken stopping = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        var end = tokenizer.EndOfText;
        var encoded = new (int[] Source, int[] Target)[pairs.Count];
        Parallel.For(0, pairs.Count, new ParallelOptions { MaxDegreeOfParallelism = threads ?? Environment.ProcessorCount, CancellationToken = stopping },
            i => encoded[i] = (tokenizer.EncodeSource(pairs[i].Source), [.. tokenizer.EncodePlain(pairs[i].Target), end]));
        var total = encoded.Sum(e => (long)Math.Min(e.Source.Length, context) + Math.Min(e.Target.Length, context));
        if (total > Array.MaxLength)
            throw new ArgumentException($"the pairs have {total} ids; at most {Array.MaxLength} fit in memory: use less text", nameof(pairs));
        var (ids, starts, cut) = (new int[total], new int[2 * pairs.Count + 1], 0);
        for (var i = 0; i < encoded.Length; i++)
        {
            starts[2 * i + 1] = starts[2 * i] + Put(encoded[i].Source, starts[2 * i]);
            starts[2 * i + 2] = starts[2 * i + 1] + Put(encoded[i].Target, starts[2 * i + 1]);
            if (encoded[i].Source.Length > context || encoded[i].Target.Length > context)
                cut++;
        }
        return new TokenPairs(ids, starts, cut, pairs.Sum(p => (long)System.Text.Encoding.UTF8.GetByteCount(p.Target)));

        int Put(int[] text, int at)
        {
            var kept = Math.Min(text.Length, context);
            text.AsSpan(0, kept - 1).CopyTo(ids.AsSpan(at));
            ids[at + kept - 1] = end;
            return kept;
        }
    }
}
