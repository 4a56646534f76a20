using System.Text.RegularExpressions;
using Nonet.Evaluation.Metrics;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Answers;

/// <summary>The answers that three readings find in a text; null if a reading finds none.</summary>
/// <param name="Answer">The answer after the last trigger, as in the papers. Wei et al. 2022; Kojima et al. 2022, appendix A.6.</param>
/// <param name="Strict">The answer by the strict filter of evaluation harnesses: it must follow the exact trigger.</param>
/// <param name="Flexible">The last answer of the right kind anywhere in the text.</param>
public readonly record struct Reading(string? Answer, string? Strict, string? Flexible);

/// <summary>Reads answers from generated texts.</summary>
public sealed partial class AnswerReader(AnswerOptions options)
{
    readonly Regex? pattern = options.Pattern is { } p ? Parse(p) : null;
    readonly Regex? strict = options.Trigger is { } t ? new Regex($@"{Regex.Escape(t)} ({StrictForm(options.Kind)}).", RegexOptions.CultureInvariant) : null;

    /// <summary>
    /// Parses a regular expression with a group, for the non-backtracking engine, whose time is bounded. Throws an <see cref="ArgumentException"/> that names
    /// the option for any other text.
    /// </summary>
    internal static Regex Parse(string pattern)
    {
        Regex parsed;
        try
        {
            parsed = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException(
                $"answer.pattern is '{pattern}', which is no regular expression that can be used: {e.Message} Look-around and back-references are not possible",
                e);
        }
        return parsed.GetGroupNumbers().Length > 1 ? parsed
            : throw new ArgumentException($"answer.pattern is '{pattern}'; expected a group in parentheses, the answer");
    }

    /// <summary>The answers of a text.</summary>
    public Reading Read(string text)
    {
        if (options.Calculator)
            text = Calculator.Correct(text, options.Trigger, options.Modulus);
        if (pattern is not null)
        {
            var found = pattern.Matches(text) is { Count: > 0 } all ? Normalize(all[^1].Groups[1].Value) : null;
            return new Reading(found, found, found);
        }
        var flexible = Flexible(text);
        if (options.Trigger is not { } trigger)
        {
            var only = options.Kind is AnswerKind.Text or AnswerKind.Words ? Normalize(text) : options.First ? FirstOf(text) : flexible;
            return new Reading(only, only, flexible);
        }
        var at = text.LastIndexOf(trigger, StringComparison.OrdinalIgnoreCase);
        return new Reading(at < 0 ? null : First(text[(at + trigger.Length)..]),
            strict!.Match(text) is { Success: true } exact ? Normalize(exact.Groups[1].Value) : null, flexible);
    }

    /// <summary>
    /// Converts an answer to its canonical form, in which answers are compared: numbers without separators and needless zeros, capital letters, words in lower
    /// case.
    /// </summary>
    public string? Normalize(string answer) => options.Kind switch
    {
        AnswerKind.Number => NumberText.Normalize(answer),
        AnswerKind.Letter => Letter().Match(answer) is { Success: true } m ? LetterOf(m) : answer.Trim().ToUpperInvariant() is { Length: 1 } one ? one : null,
        AnswerKind.YesNo or AnswerKind.Letters => answer.Trim().TrimEnd('.').ToLowerInvariant() is { Length: > 0 } word ? word : null,
        AnswerKind.Words => SquadAnswers.Normalize(answer) is { Length: > 0 } words ? words : null,
        _ => answer.Trim() is { Length: > 0 } text ? text : null,
    };

    /// <summary>The first answer. With after_equals, the first one after the first '=', as in Toolformer (Schick et al. 2023).</summary>
    string? FirstOf(string text) =>
        options.AfterEquals && text.IndexOf('=', StringComparison.Ordinal) is >= 0 and var sign && First(text[(sign + 1)..]) is { } result ? result
            : First(text);

    string? First(string rest) => options.Kind switch
    {
        AnswerKind.Number => Number().Match(Bare(rest)) is { Success: true } m ? NumberText.Normalize(m.Value) : null,
        AnswerKind.Letter => Letter().Match(rest) is { Success: true } m ? LetterOf(m) : null,
        AnswerKind.YesNo => YesNo().Match(rest) is { Success: true } m ? m.Value.ToLowerInvariant() : null,
        AnswerKind.Letters => Word().Match(rest) is { Success: true } m ? m.Value.ToLowerInvariant() : null,
        _ => Normalize(FirstLine(rest).TrimEnd('.')),
    };

    string? Flexible(string text) => options.Kind switch
    {
        AnswerKind.Number => FlexibleNumber().Matches(text).Select(m => NumberText.Normalize(m.Value)).LastOrDefault(n => n is not null),
        AnswerKind.Letter => Letter().Matches(text) is { Count: > 0 } all ? LetterOf(all[^1]) : null,
        AnswerKind.YesNo => YesNo().Matches(text) is { Count: > 0 } all ? all[^1].Value.ToLowerInvariant() : null,
        AnswerKind.Letters => Word().Matches(text) is { Count: > 0 } all ? all[^1].Value.ToLowerInvariant() : null,
        _ => Normalize(text),
    };

    /// <summary>Removes the signs that may stand in or beside a number: $, comma and %.</summary>
    static string Bare(string text) =>
        text.Replace("$", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal).Replace("%", "", StringComparison.Ordinal);

    static string FirstLine(string text) => text.TrimStart().Split('\n', 2)[0];

    static string LetterOf(Match m) => (m.Groups[1].Success ? m.Groups[1] : m.Groups[2]).Value.ToUpperInvariant();

    static string StrictForm(AnswerKind kind) => kind switch
    {
        AnswerKind.Number => @"\-?[0-9\.\,]+",
        AnswerKind.Letter => @"\([A-Za-z]\)",
        AnswerKind.YesNo => "yes|no",
        AnswerKind.Letters => "[A-Za-z]+",
        _ => ".*",
    };

    [GeneratedRegex(@"-?\d+\.?\d*", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"(-?[$0-9.,]{2,})|(-?[0-9]+)", RegexOptions.CultureInvariant)]
    private static partial Regex FlexibleNumber();

    [GeneratedRegex(@"\(([A-Za-z])\)|\b([A-H])\b", RegexOptions.CultureInvariant)]
    private static partial Regex Letter();

    [GeneratedRegex(@"\b(yes|no)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex YesNo();

    [GeneratedRegex("[A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
