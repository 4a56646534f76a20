using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Nonet.Numerics;

namespace Nonet.Evaluation.Answers;

/// <summary>
/// Corrects the arithmetic of a chain of thought after generation. It computes every "a op b = c" and replaces a wrong c. Later equations and the answer get
/// the corrected value wherever they contain the wrong one. Wei et al. 2022, appendix B. <see cref="Arithmetic"/> defines the expressions.
/// </summary>
static partial class Calculator
{
    /// <summary>Maximum length of an expression in characters. A longer one does not change.</summary>
    const int Longest = 200;

    /// <param name="text">The generated text.</param>
    /// <param name="trigger">The text before the answer; null: the answer is not corrected.</param>
    /// <param name="modulus">Results are taken modulo this number; null: plain arithmetic.</param>
    public static string Correct(string text, string? trigger, int? modulus = null)
    {
        var corrected = new Dictionary<string, string>(StringComparer.Ordinal); // wrong values in canonical form, with their corrections
        var (result, done) = (new StringBuilder(), 0);
        var answer = trigger is null ? -1 : text.LastIndexOf(trigger, StringComparison.OrdinalIgnoreCase);
        foreach (Match equation in Equation().Matches(text))
        {
            if (equation.Length > Longest || (answer >= 0 && equation.Index > answer))
                continue;
            var (left, right) = (equation.Groups[1], equation.Groups[2]);
            var operands = Number().Replace(left.Value, number => Replaced(number.Value));
            if (Arithmetic.Evaluate(operands) is not { } value)
                continue;
            var computed = Text(value, modulus, right.Value);
            var said = NumberText.Normalize(right.Value)!;
            if (NumberText.Normalize(computed) != said)
                corrected[said] = computed;
            else
            {
                corrected.Remove(said); // from here on this value is correct
                computed = right.Value;
            }
            result.Append(text, done, left.Index - done).Append(operands).Append(text, left.Index + left.Length, right.Index - left.Index - left.Length)
                .Append(computed);
            done = right.Index + right.Length;
        }
        if (answer < done || corrected.Count == 0)
            return result.Append(text, done, text.Length - done).ToString();
        result.Append(text, done, answer - done);
        return result.Append(Number().Replace(text[answer..], number => Replaced(number.Value))).ToString();

        string Replaced(string number) => NumberText.Normalize(number) is { } form && corrected.TryGetValue(form, out var right) ? right : number;
    }

    static string Text(decimal value, int? modulus, string said)
    {
        if (modulus is { } m)
            return ((value % m + m) % m).ToString("0.##########", CultureInfo.InvariantCulture).PadLeft(said.Length, '0');
        var text = Math.Round(value, 10).ToString("0.##########", CultureInfo.InvariantCulture);
        var digits = said.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? said.Length - point - 1 : 0;
        // a rounded quotient is correct
        return digits > 0 && Math.Round(value, Math.Min(digits, 10), MidpointRounding.AwayFromZero).ToString(CultureInfo.InvariantCulture) is var rounded
            && NumberText.Normalize(rounded) == NumberText.Normalize(said) ? said : text;
    }

    [GeneratedRegex(@"(?<![\d.,])([-(]?\$?\d[\d,]*(?:\.\d+)?%?\)?(?:\s*[-+*/x×÷]\s*[-(]?\$?\d[\d,]*(?:\.\d+)?%?\)?)+)\s*=\s*\$?(-?\d[\d,]*(?:\.\d+)?)",
        RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Equation();

    [GeneratedRegex(@"\d[\d,]*(?:\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
