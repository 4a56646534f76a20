using System.Runtime.InteropServices;
using Nonet.Text.Splits;

namespace Nonet.Text;

/// <summary>Counts the words of a text. Memory grows only with the number of distinct words, by about 100 bytes each.</summary>
static class WordCounts
{
    /// <summary>Number of characters in a thread's block.</summary>
    const int Piece = 1 << 18;

    /// <summary>Counts words on several threads. The counts do not depend on their number.</summary>
    /// <param name="texts">Texts, read by one thread at a time and only as fast as they are counted.</param>
    /// <param name="split">Splits text into words.</param>
    /// <param name="threads">Number of threads; null: all cores.</param>
    /// <param name="progress">Receives the number of characters read, from time to time.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>At least one word with its count, and the number of UTF-16 units read.</returns>
    /// <exception cref="ArgumentException">There is no text, or no thread.</exception>
    public static (Dictionary<string, long> Words, long Characters) Count(
        IEnumerable<string> texts, WordSplit split, int? threads, IProgress<TokenizerTrainingProgress>? progress, CancellationToken stopping)
    {
        if (threads < 1)
            throw new ArgumentException($"threads is {threads}; expected at least 1");
        using var pieces = texts.SelectMany(Pieces).GetEnumerator();
        var (read, failed) = (0L, false);
        var workers = Enumerable.Range(0, threads ?? Environment.ProcessorCount).Select(_ => Task.Run(Work, CancellationToken.None)).ToArray();
        var parts = Task.WhenAll(workers).GetAwaiter().GetResult();
        var total = parts[0];
        foreach (var part in parts.AsSpan(1))
        {
            foreach (var (word, count) in part)
                CollectionsMarshal.GetValueRefOrAddDefault(total, word, out _) += count;
        }
        return total.Count > 0 ? (total, read) : throw new ArgumentException("there is no text to train a tokenizer on");

        Dictionary<string, long> Work()
        {
            var counts = new Dictionary<string, long>(StringComparer.Ordinal);
            var words = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            var ends = new List<int>();
            while (Next() is { } piece)
            {
                ends.Clear();
                split.Cut(piece.Span, ends);
                var start = 0;
                foreach (var end in ends)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(words, piece.Span[start..end], out _)++;
                    start = end;
                }
            }
            return counts;
        }

        ReadOnlyMemory<char>? Next()
        {
            lock (pieces)
            {
                stopping.ThrowIfCancellationRequested();
                if (failed)
                    return null;
                try
                {
                    if (!pieces.MoveNext())
                        return null;
                }
                catch
                {
                    failed = true; // stops the other threads; this exception is reported
                    throw;
                }
                read += pieces.Current.Length;
                progress?.Report(new TokenizerTrainingProgress(read, 0, 0));
                return pieces.Current;
            }
        }
    }

    /// <summary>Splits a text into pieces without splitting words: before a space that follows an ASCII letter or digit, where every pattern splits.</summary>
    internal static IEnumerable<ReadOnlyMemory<char>> Pieces(string text)
    {
        var start = 0;
        while (text.Length - start > Piece)
        {
            var end = start + Piece;
            while (end > start + 1 && !(text[end] is ' ' or '\n' && char.IsAsciiLetterOrDigit(text[end - 1])))
                end--;
            if (end == start + 1)
                break; // no such position: the rest is one piece
            yield return text.AsMemory(start, end - start);
            start = end;
        }
        if (text.Length > start)
            yield return text.AsMemory(start);
    }
}
