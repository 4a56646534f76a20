using Nonet.Files;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>How a question and a passage are split into windows. The defaults are those of the released BERT, run_squad.py.</summary>
public sealed record WindowOptions
{
    /// <summary>Tokens per window, including the question and special tokens.</summary>
    [Option("Tokens per window, including the question and special tokens.", Least = 8)]
    public int MaxLength { get; init; } = 384;

    /// <summary>Tokens of the passage between the starts of two consecutive windows.</summary>
    [Option("Tokens of the passage between the starts of two consecutive windows.", Least = 1)]
    public int Stride { get; init; } = 128;

    /// <summary>Maximum number of question tokens. Longer questions are truncated.</summary>
    [Option("Maximum number of question tokens. Longer questions are truncated.", Least = 1)]
    public int MaxQuestion { get; init; } = 64;
}

/// <summary>A question and a part of its passage, as input of a model.</summary>
/// <param name="Tokens">Special tokens, question and part, with segments. The offsets of the part's tokens refer to the whole passage.</param>
/// <param name="First">Index of the part's first token.</param>
/// <param name="Count">Number of tokens in the part.</param>
/// <param name="HasMostContext">For each token of the part, whether no other window shows more of the passage around it.</param>
public sealed record PassageWindow(IReadOnlyList<Token> Tokens, int First, int Count, IReadOnlyList<bool> HasMostContext)
{
    /// <summary>Finds the tokens of a range of the passage, as indices in <see cref="Tokens"/>; null if the window does not contain the whole range.</summary>
    /// <param name="start">Start in the passage, in UTF-16 units.</param>
    /// <param name="end">End in the passage, exclusive.</param>
    public (int First, int Last)? Find(int start, int end)
    {
        if (Count == 0 || start < Tokens[First].Start || end > Tokens[First + Count - 1].End)
            return null;
        var (first, last) = (-1, -1);
        for (var i = First; i < First + Count; i++)
        {
            if (first < 0 && Tokens[i].End > start)
                first = i;
            if (Tokens[i].Start < end)
                last = i;
        }
        return first >= 0 && last >= first ? (first, last) : null;
    }
}

/// <summary>Splits a question and its passage into windows, for training and for inference.</summary>
public static class PassageWindows
{
    /// <summary>The windows that cover the passage.</summary>
    /// <exception cref="ArgumentException">Question or passage has no tokens, or a window has no room for the passage.</exception>
    public static IReadOnlyList<PassageWindow> Of(Tokenizer tokenizer, string question, string passage, WindowOptions? options = null)
    {
        options ??= new WindowOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Stride, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxQuestion, 1, nameof(options));
        var (asked, read) = (Plain(tokenizer, question, "question"), Plain(tokenizer, passage, "passage"));
        var all = tokenizer.EncodeFull(question, passage).Tokens; // with the special tokens of the template for pairs
        var a = Next(0);
        var b = Next(a + asked);
        var (head, middle, tail) = (all.Take(a + Math.Min(asked, options.MaxQuestion)), all.Skip(a + asked).Take(b - a - asked), all.Skip(b + read));
        Token[] before = [.. head, .. middle], after = [.. tail];
        var room = options.MaxLength - before.Length - after.Length;
        if (room < 1)
            throw new ArgumentException(
                $"a window of {options.MaxLength} tokens has no room for the passage: the question and its marks take {before.Length + after.Length}");
        var starts = Starts(read, room, options.Stride).ToArray();
        return [.. starts.Select(start =>
        {
            var count = Math.Min(room, read - start);
            return new PassageWindow([.. before, .. all.Skip(b + start).Take(count), .. after], before.Length, count,
                [.. Enumerable.Range(start, count).Select(token => MostContext(starts, read, room, token) == start)]);
        })];

        int Next(int from)
        {
            while (all[from].Special)
                from++;
            return from;
        }
    }

    /// <summary>Finds the range of an answer in the passage from its start and its text.</summary>
    /// <param name="id">Id of the question, for error messages.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="start">Start of the answer, in UTF-16 units.</param>
    /// <param name="answer">Text of the answer.</param>
    /// <exception cref="InvalidDataException">The answer is empty, or the passage has another text there.</exception>
    public static (int Start, int End) Locate(string id, string passage, int start, string answer)
    {
        if (answer.Length == 0)
            throw new InvalidDataException($"question {id}: found an empty answer; expected a part of the passage");
        if (start < 0 || start > passage.Length - answer.Length)
            throw new InvalidDataException(
                $"question {id}: found the answer '{answer}' at {start}; expected a place within the passage's {passage.Length} characters");
        var found = passage.Substring(start, answer.Length);
        return found == answer ? (start, start + answer.Length)
            : throw new InvalidDataException($"question {id}: found '{found}' in the passage at {start}; expected the answer '{answer}'");
    }

    static int Plain(Tokenizer tokenizer, string text, string what)
    {
        var count = tokenizer.EncodeFull(text, null, new EncodeOptions { Marks = false }).Tokens.Count;
        return count > 0 ? count : throw new ArgumentException($"the {what} is empty");
    }

    static IEnumerable<int> Starts(int tokens, int room, int stride)
    {
        for (var start = 0; ; start += Math.Min(stride, room))
        {
            yield return start;
            if (start + room >= tokens)
                yield break;
        }
    }

    /// <summary>
    /// The start of the window that shows the most context around a token. The context is the smaller of the numbers of tokens on the left and on the right,
    /// plus a hundredth of the window's length.
    /// </summary>
    static int MostContext(int[] starts, int tokens, int room, int token)
    {
        var (best, most) = (-1, double.NegativeInfinity);
        foreach (var start in starts)
        {
            var count = Math.Min(room, tokens - start);
            if (token < start || token >= start + count)
                continue;
            var context = Math.Min(token - start, start + count - 1 - token) + 0.01 * count;
            if (context > most)
                (best, most) = (start, context);
        }
        return best;
    }
}
