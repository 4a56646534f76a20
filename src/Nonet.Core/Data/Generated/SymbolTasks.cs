using System.Globalization;

namespace Nonet.Data.Generated;

/// <summary>
/// Generated tasks in clusters, some with reasoning. A pre-training text states in plain sentences what the instructions ask for, so that a model can
/// know what a reverse is before it is asked for one.
/// </summary>
public static class SymbolTasks
{
    /// <summary>All tasks, cluster by cluster.</summary>
    public static IReadOnlyList<SymbolTask> All { get; } =
    [
        new("copy", "copying", SymbolKind.Letters, ["copy", "same text"], (x, _) => x),
        new("twice", "copying", SymbolKind.Letters, ["double copy", "text twice"], (x, _) => x.Concat(x)),
        new("stutter", "copying", SymbolKind.Letters, ["stutter", "text with each letter twice"], (x, _) => x.SelectMany(s => new[] { s, s })),
        new("reverse", "reversal", SymbolKind.Letters, ["reverse", "mirror image"], (x, _) => x.Reverse(), (x, _) =>
            x.Reverse().Select((s, i) => i == 0 ? $"last {s}" : $"before it {s}")),
        new("swapped_ends", "reversal", SymbolKind.Letters, ["swap", "text with its ends exchanged"], (x, _) => [x[^1], .. x[1..^1], x[0]]),
        new("rotated_left", "reversal", SymbolKind.Letters, ["left turn", "left rotation"], (x, _) => [.. x[1..], x[0]]),
        new("rotated_right", "reversal", SymbolKind.Letters, ["right turn", "right rotation"], (x, _) => [x[^1], .. x[..^1]]),
        new("first", "picking", SymbolKind.Letters, ["first letter", "beginning"], (x, _) => [x[0]]),
        new("last", "picking", SymbolKind.Letters, ["last letter", "end"], (x, _) => [x[^1]], (x, _) => x.Select((s, i) => $"{s} {i + 1}")),
        new("second", "picking", SymbolKind.Letters, ["second letter", "letter after the first"], (x, _) => [x[1]]),
        new("rest", "picking", SymbolKind.Letters, ["rest", "text without its first letter"], (x, _) => x[1..]),
        new("front", "picking", SymbolKind.Letters, ["front", "text without its last letter"], (x, _) => x[..^1]),
        new("successors", "arithmetic", SymbolKind.Digits, ["successors", "numbers one higher"], (x, _) => x.Select(d => Number(Value(d) + 1)), last: '8'),
        new("predecessors", "arithmetic", SymbolKind.Digits, ["predecessors", "numbers one lower"], (x, _) => x.Select(d => Number(Value(d) - 1)), first: '1'),
        new("doubles", "arithmetic", SymbolKind.Digits, ["doubles", "numbers two times as high"], (x, _) => x.Select(d => Number(2 * Value(d))), last: '4'),
        new("largest", "comparison", SymbolKind.Digits, ["largest number", "maximum"], (x, _) => [x.Max()!], (x, _) =>
            Running(x, StringComparer.Ordinal.Compare)),
        new("smallest", "comparison", SymbolKind.Digits, ["smallest number", "minimum"], (x, _) => [x.Min()!], (x, _) =>
            Running(x, (a, b) => StringComparer.Ordinal.Compare(b, a))),
        new("latest", "comparison", SymbolKind.Letters, ["latest letter", "letter nearest to z"], (x, _) => [x.Max()!], (x, _) =>
            Running(x, StringComparer.Ordinal.Compare)),
        new("earliest", "comparison", SymbolKind.Letters, ["earliest letter", "letter nearest to a"], (x, _) => [x.Min()!], (x, _) =>
            Running(x, (a, b) => StringComparer.Ordinal.Compare(b, a))),
        new("ascending", "sorting", SymbolKind.Digits, ["rising order", "numbers from low to high"], (x, _) => x.Order(StringComparer.Ordinal), (x, _) =>
            x.Order(StringComparer.Ordinal).Select((s, i) => i == 0 ? $"first {s}" : $"then {s}")),
        new("descending", "sorting", SymbolKind.Digits, ["falling order", "numbers from high to low"], (x, _) =>
            x.OrderDescending(StringComparer.Ordinal), (x, _) =>
            x.OrderDescending(StringComparer.Ordinal).Select((s, i) => i == 0 ? $"first {s}" : $"then {s}")),
        new("alphabetical", "sorting", SymbolKind.Letters, ["alphabetical order", "letters from a to z"], (x, _) => x.Order(StringComparer.Ordinal)),
        new("unalphabetical", "sorting", SymbolKind.Letters, ["opposite order", "letters from z to a"], (x, _) => x.OrderDescending(StringComparer.Ordinal)),
        new("value", "lookup", SymbolKind.PairsAndLetter, ["value", "number of the letter"], (x, more) => [x[Array.IndexOf(x, more[0]) + 1]], (x, _) =>
            x.Chunk(2).Select(p => $"{p[0]} is {p[1]}")),
        new("key", "lookup", SymbolKind.PairsAndDigit, ["key", "letter of the number"], (x, more) => [x[Array.IndexOf(x, more[0]) - 1]], (x, _) =>
            x.Chunk(2).Select(p => $"{p[1]} is {p[0]}")),
        new("next_letters", "lookup", SymbolKind.Letters, ["next letters", "letters one later"], (x, _) => x.Select(s => ((char)(s[0] + 1)).ToString())),
        new("capitals", "lookup", SymbolKind.Letters, ["capitals", "big letters"], (x, _) => x.Select(s => s.ToUpperInvariant())),
        new("deletion", "edits", SymbolKind.LettersAndOne, ["deletion", "text without the given letter"], (x, more) =>
            x.Where(s => s != more[0]).DefaultIfEmpty("none"), (x, more) => x.Select(s => s == more[0] ? $"{s} goes" : $"{s} stays")),
        new("replacement", "edits", SymbolKind.LettersAndTwo, ["replacement", "text with the new letter"], (x, more) =>
            x.Select(s => s == more[0] ? more[1] : s), (x, more) => x.Select(s => s == more[0] ? $"{s} becomes {more[1]}" : $"{s} stays")),
        new("dashed", "edits", SymbolKind.Letters, ["dashed text", "text with dashes"], (x, _) => x.SelectMany((s, i) => i == 0 ? new[] { s } : ["-", s])),
        new("ended", "edits", SymbolKind.Letters, ["ended text", "text with z at its end"], (x, _) => [.. x, "z"]),
        new("length", "counting", SymbolKind.Letters, ["length", "number of letters"], (x, _) => [Number(x.Length)], (x, _) =>
            x.Select((s, i) => $"{s} {i + 1}")),
        new("occurrences", "counting", SymbolKind.LettersAndOne, ["count", "number of times"], (x, more) => [Number(x.Count(s => s == more[0]))], (x, more) =>
            x.Select((s, i) => $"{s} {x.Take(i + 1).Count(t => t == more[0])}")),
    ];

    /// <summary>A pre-training text: statements of randomly drawn tasks.</summary>
    /// <param name="seed">Seed of the statements.</param>
    /// <param name="statements">Number of statements.</param>
    public static IEnumerable<string> Corpus(ulong seed, int statements) =>
        Enumerable.Range(0, statements)
        .Select(i => All[SymbolMappings.Stream(seed, (ulong)i, "task of a statement").Below(All.Count)].Statement(seed, (ulong)i));

    /// <summary>For each symbol, the best symbol so far.</summary>
    static IEnumerable<string> Running(string[] x, Comparison<string> compare) =>
        x.Select((s, i) => $"{s} gives {x.Take(i + 1).Aggregate((a, b) => compare(a, b) >= 0 ? a : b)}");

    static int Value(string digit) => digit[0] - '0';

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
