using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Data;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// Chooses the texts that are worth trying with a tool, since most texts have no use for a calculator or a translation. Schick et al. 2023, appendix A. The
/// paper counts tokens of its model and detects languages with fastText. Nonet counts words and signs, and detects languages by their most frequent words.
/// </summary>
public static partial class TextChoice
{
    /// <summary>Maximum distance, in words and signs, between three numbers that belong together.</summary>
    const int Near = 100;

    /// <summary>Maximum number of digits of a number. Results for such numbers are exact.</summary>
    const int MostDigits = 12;

    /// <summary>
    /// Texts for a calculator: one of three numbers within 100 words and signs is the result of an operation on the other two; or a number follows "=",
    /// "equals", "equal to", "total of" or "average of". A random share of the other texts with at least three numbers is chosen, too.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="share">Share of the other texts with at least three numbers that is chosen; 0.01 in the paper.</param>
    /// <param name="seed">Seed of that random choice.</param>
    public static bool Calculator(AnnotationText text, double share = 0.01, ulong seed = 1)
    {
        if (Announced().IsMatch(text.Text))
            return true;
        var numbers = Numbers(text.Text);
        return HasResult(numbers) || (numbers.Count >= 3 && TokenizedData.Draw(seed, text.Text) < share);
    }

    /// <summary>Texts for a calendar: the date of the document is known.</summary>
    public static bool Calendar(AnnotationText text) => text.Date is not null;

    /// <summary>Texts for translation: ten consecutive words are in another language, among English ones.</summary>
    public static bool Translation(AnnotationText text) => ForeignWords.StandAmongEnglish(text.Text);

    /// <summary>The date in an address: /2023/01/30/, 2023-01-30 or 20230130; null if there is none, or if the calendar has no such date.</summary>
    public static DateOnly? DateOf(string address)
    {
        foreach (Match match in DateInAddress().Matches(address))
        {
            if (DateOnly.TryParseExact($"{match.Groups["y"].Value}-{match.Groups["m"].Value.PadLeft(2, '0')}-{match.Groups["d"].Value.PadLeft(2, '0')}",
                "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                return date;
        }
        return null;
    }

    /// <summary>The numbers in a text, each with the number of words and signs before it.</summary>
    static List<(decimal Value, int Place)> Numbers(string text)
    {
        var found = new List<(decimal, int)>();
        var place = 0;
        foreach (var match in Words().EnumerateMatches(text))
        {
            var word = text.AsSpan(match.Index, match.Length);
            if (char.IsAsciiDigit(word[0]) && word.Length <= MostDigits
                && decimal.TryParse(word, NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                found.Add((value, place));
            place++;
        }
        return found;
    }

    static bool HasResult(List<(decimal Value, int Place)> numbers)
    {
        for (int first = 0, end = 0; first < numbers.Count; first++)
        {
            while (end < numbers.Count && numbers[end].Place - numbers[first].Place <= Near)
                end++;
            var values = new HashSet<decimal>(numbers[first..end].Select(n => n.Value));
            if (values.Count < 3)
                continue;
            foreach (var a in values)
            {
                foreach (var b in values)
                {
                    if (a != b && (IsThird(a + b) || IsThird(a - b) || IsThird(a * b) || (b != 0 && IsThird(Math.Round(a / b, 2)))))
                        return true;

                    bool IsThird(decimal result) => result != a && result != b && values.Contains(result);
                }
            }
        }
        return false;
    }

    [GeneratedRegex(@"\d+(?:,\d{3})*(?:\.\d+)?|\p{L}+|[^\s\p{L}\d]")]
    private static partial Regex Words();

    [GeneratedRegex(@"(?:=|\b(?:equals|equal to|total of|average of))\s*[$€£]?\d", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Announced();

    [GeneratedRegex(@"(?<!\d)(?<y>(?:19|20)\d\d)(?:(?<s>[-/_.])(?<m>\d{1,2})\k<s>(?<d>\d{1,2})|(?<m>\d\d)(?<d>\d\d))(?!\d)")]
    private static partial Regex DateInAddress();
}
