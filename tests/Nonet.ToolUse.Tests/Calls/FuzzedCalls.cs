using System.Globalization;

namespace Nonet.ToolUse.Tests.Calls;

/// <summary>Strings that are calls of a tool, nearly such calls, and pieces of them in any order.</summary>
public static class FuzzedCalls
{
    static readonly string[] pieces = [" [", "[", "]", "->", " -> ", "(", ")", " ", "\n", "\r", "a", "1", "é", "😀", "\ud83d", "\0", "\u2028", "\u202e", "_",
        "-", "QA(", " [QA(", ") -> ", "]]", "((", "))", "\"", "{", "}", ",", ":"];

    static readonly string[] numbers = ["0", "1", "27", "4.5", "1,234", "658,893", "11.4%", "1e9", ".", "..", "99999999999999999999999999999",
        "0.000000001", "½", "٣"];
    static readonly string[] words = ["who", "is", "the", "white", "whale", "wo", "ist", "der", "Wal", "42", "(1851)", "é", "?", "\ud83d"];
    static readonly string[] signs = ["+", "-", "*", "/", "x", "×", "÷", "(", ")", " ", "%", "^", "=", ",", "--"];

    /// <summary>A string.</summary>
    /// <param name="tool">Name of the tool whose calls they are.</param>
    /// <param name="random">Draws it.</param>
    public static string Next(string tool, Random random) => random.Next(4) switch
    {
        0 => string.Concat(random.GetItems([.. pieces, tool, $"{tool}(", $" [{tool}("], random.Next(1, 40))),
        1 => Mutated($"a [{tool}({Input(tool, random)}) -> {Input(tool, random)}] b", random),
        2 => $" [{tool}({Input(tool, random)})]{(random.Next(8) == 0 ? string.Concat(Enumerable.Repeat($" [{tool}(", random.Next(2000))) : "")}",
        _ => Mutated(Input(tool, random), random),
    };

    /// <summary>
    /// How long an action keeps the processor busy and what it allocates. An action that takes more than 2 ms runs again, since the first time compiles
    /// methods and any time may meet a garbage collection: the least of five counts.
    /// </summary>
    public static (double Milliseconds, long Bytes) Measure(Action action)
    {
        var (least, bytes) = (double.MaxValue, long.MaxValue);
        for (var i = 0; i < 5 && least > 2; i++)
        {
            var (clock, before) = (ThreadClock.Start(), GC.GetAllocatedBytesForCurrentThread());
            action();
            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before);
            least = Math.Min(least, 1000 * clock.Seconds);
        }
        return (least, bytes);
    }

    /// <summary>What a model may write as the input of a tool.</summary>
    static string Input(string tool, Random random) => tool switch
    {
        "Calculator" => string.Concat(random.GetItems([.. numbers, .. signs, .. signs], random.Next(0, 30)))
            + (random.Next(50) == 0 ? new string('(', random.Next(3000)) : ""),
        "Calendar" => random.Next(3) == 0 ? string.Concat(random.GetItems(pieces, random.Next(5))) : "",
        "Stock" => "{" + string.Concat(random.GetItems(["\"a\"", ":", "1", ",", "{", "}", "[", "]", "\"b\"", "null", "\\u", " "], random.Next(30))) + "}",
        _ => string.Join(' ', random.GetItems(words, random.Next(40))),
    };

    /// <summary>A string with some characters left out, doubled or replaced.</summary>
    static string Mutated(string text, Random random)
    {
        for (var edits = random.Next(5); edits > 0 && text.Length > 0; edits--)
        {
            var at = random.Next(text.Length);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, text[at].ToString(CultureInfo.InvariantCulture)),
                2 => text.Insert(at, pieces[random.Next(pieces.Length)]),
                _ => text[..at] + (char)random.Next(1, 0x3000) + text[(at + 1)..],
            };
        }
        return text;
    }
}
