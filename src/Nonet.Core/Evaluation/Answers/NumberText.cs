namespace Nonet.Evaluation.Answers;

/// <summary>Numbers as texts of any length.</summary>
static class NumberText
{
    /// <summary>
    /// Canonical form of a number: without $, %, separators, a trailing period, leading zeros and trailing zeros after the decimal point. Null if the text
    /// contains no digit, or two numbers.
    /// </summary>
    public static string? Normalize(string text)
    {
        var bare = string.Concat(text.Where(c => c is not ('$' or ',' or '%') && !char.IsWhiteSpace(c))).TrimEnd('.');
        var negative = bare.StartsWith('-');
        bare = bare.TrimStart('-', '+');
        var point = bare.IndexOf('.', StringComparison.Ordinal);
        var (whole, part) = point < 0 ? (bare, "") : (bare[..point], bare[(point + 1)..]);
        if (whole.Length + part.Length == 0 || !whole.All(char.IsAsciiDigit) || !part.All(char.IsAsciiDigit))
            return null;
        (whole, part) = (whole.TrimStart('0'), part.TrimEnd('0'));
        var number = $"{(whole.Length == 0 ? "0" : whole)}{(part.Length == 0 ? "" : ".")}{part}";
        return negative && number != "0" ? $"-{number}" : number;
    }
}
