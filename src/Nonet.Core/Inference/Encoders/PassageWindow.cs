using Nonet.Files;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>How a question and a passage are cut into windows. The defaults are those of the released BERT, run_squad.py.</summary>
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

/// <summary>A question and a part of its passage, as a model takes them.</summary>
/// <param name="Tokens">Marks, question and part, with segments; offsets of the part's tokens are places in the whole passage.</param>
/// <param name="First">Index of the part's first token.</param>
/// <param name="Count">Tokens of the part.</param>
/// <param name="HasMostContext">Of each of the part's tokens, whether no other window shows more of the passage around it.</param>
public sealed record PassageWindow(IReadOnlyList<Token> Tokens, int First, int Count, IReadOnlyList<bool> HasMostContext)
{
    /// <summary>The tokens of a part of the passage, by index in <see cref="Tokens"/>; null if the window does not hold all of it.</summary>
    /// <param name="start">Where it begins in the passage, in UTF-16 units.</param>
    /// <param name="end">Where it ends.</param>
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

/// <summary>A question and its passage as windows: for finding answers, and for learning to.</summary>
public static class PassageWindows
{
    /// <summary>The windows, as many as cover the passage.</summary>
    /// <exception cref="ArgumentException">Question or passage has no tokens, or a window has no room for the passage.</exception>
    public static IReadOnlyList<PassageWindow> Of(Tokenizer tokenizer, string question, string passage, WindowOptions? options = null)
    {
        options ??= new WindowOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Stride, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxQuestion, 1, nameof(options));
        var (asked, read) = (Plain(tokenizer, question, "question"), Plain(tokenizer, passage, "passage"));
        var all = tokenizer.EncodeFull(question, passage).Tokens; // with the marks of a pair's template
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

    /// <summary>The place in the passage of an answer that is given by its beginning and its text.</summary>
    /// <param name="id">Names the question in errors.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="start">Where the answer begins, in UTF-16 units.</param>
    /// <param name="answer">Its text.</param>
    /// <exception cref="InvalidDataException">The answer is empty, or does not stand there.</exception>
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
    /// The beginning of the window that shows the most around a token: the lesser of what is left and right of it, and a hundredth of the window's length.
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
