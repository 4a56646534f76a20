using System.Buffers;

namespace Nonet.ToolUse.Calls;

/// <summary>
/// The three marks of a call in a text. The default marks are the paper's: ordinary text, which needs no new tokens in the vocabulary:
/// <c> [Calculator(1 + 2) -> 3]</c>. Schick et al. 2023, section 2.
/// </summary>
/// <param name="Open">Begins a call.</param>
/// <param name="Arrow">Separates a call from its result.</param>
/// <param name="Close">Ends a call.</param>
public sealed record CallMarks(string Open, string Arrow, string Close)
{
    static readonly SearchValues<char> forbidden = SearchValues.Create(" ()\n\r\t");

    /// <summary>The marks of the paper.</summary>
    public static CallMarks Default { get; } = new(" [", "->", "]");

    /// <summary>A call without its result, e(c).</summary>
    public string Write(ToolCall call) => $"{Open}{call}{Close}";

    /// <summary>A call and its result, e(c, r).</summary>
    public string Write(ToolCall call, string result) => $"{Open}{call} {Arrow} {result}{Close}";

    /// <summary>Removes the marks from a text: brackets become parentheses, other marks become spaces.</summary>
    internal string Remove(string text)
    {
        foreach (var mark in new[] { Open.Trim(), Arrow.Trim(), Close.Trim() })
            text = text.Replace(mark, mark switch { "[" => "(", "]" => ")", _ => " " }, StringComparison.Ordinal);
        return string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    internal void Check()
    {
        foreach (var (name, mark) in new[] { (nameof(Open), Open), (nameof(Arrow), Arrow), (nameof(Close), Close) })
        {
            var bare = mark.Trim();
            if (bare.Length == 0 || bare.AsSpan().ContainsAny(forbidden) || bare.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'))
                throw new ArgumentException(
                    $"CallMarks.{name} is '{mark}'; expected a text that is not blank, without parentheses, line ends and inner blanks");
        }
        if (Open.Trim() == Close.Trim() || Arrow.Trim() == Close.Trim())
            throw new ArgumentException($"CallMarks are '{Open}', '{Arrow}' and '{Close}'; expected a close mark that differs from the others");
    }
}
