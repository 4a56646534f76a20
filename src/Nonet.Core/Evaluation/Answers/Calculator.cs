using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Nonet.Evaluation.Answers;

/// <summary>
/// Corrects the arithmetic of a chain of thought afterwards: every "a op b = c" is computed, a wrong c is replaced, and the corrected value goes on into later
/// equations, and into the answer, wherever the wrong one stood. Wei et al. 2022, appendix B. Expressions are parsed, never run: + - * / x × ÷, parentheses,
/// and % as a hundredth.
/// </summary>
static partial class Calculator
{
    /// <summary>Most characters of an expression: a longer one is left as it is.</summary>
    const int Longest = 200;

    /// <param name="text">What a model wrote.</param>
    /// <param name="trigger">What stands before the answer; null: the answer is not corrected.</param>
    /// <param name="modulus">Results are taken modulo this number; null: as they are.</param>
    public static string Correct(string text, string? trigger, int? modulus = null)
    {
        var corrected = new Dictionary<string, string>(StringComparer.Ordinal); // values that were wrong, in their one form
        var (result, done) = (new StringBuilder(), 0);
        var answer = trigger is null ? -1 : text.LastIndexOf(trigger, StringComparison.OrdinalIgnoreCase);
        foreach (Match equation in Equation().Matches(text))
        {
            if (equation.Length > Longest || (answer >= 0 && equation.Index > answer))
                continue;
            var (left, right) = (equation.Groups[1], equation.Groups[2]);
            var operands = Number().Replace(left.Value, number => Replaced(number.Value));
            if (Expression.Evaluate(operands) is not { } value)
                continue;
            var computed = Text(value, modulus, right.Value);
            var said = NumberText.Normalize(right.Value)!;
            if (NumberText.Normalize(computed) != said)
                corrected[said] = computed;
            else
            {
                corrected.Remove(said); // from here on it is a right value
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
        // a quotient that was rounded as the model rounded it is right
        return digits > 0 && Math.Round(value, Math.Min(digits, 10), MidpointRounding.AwayFromZero).ToString(CultureInfo.InvariantCulture) is var rounded
            && NumberText.Normalize(rounded) == NumberText.Normalize(said) ? said : text;
    }

    /// <summary>Arithmetic by precedence.</summary>
    ref struct Expression(ReadOnlySpan<char> text)
    {
        const int Deepest = 20;

        readonly ReadOnlySpan<char> text = text;
        int at, depth;

        /// <summary>The value; null for what is no expression, divides by zero or is too large.</summary>
        public static decimal? Evaluate(string text)
        {
            var parser = new Expression(text);
            try
            {
                var value = parser.Sum();
                return parser.Peek() == '\0' ? value : null;
            }
            catch (OverflowException)
            {
                return null;
            }
        }

        decimal? Sum()
        {
            var value = Product();
            while (value is not null && Peek() is '+' or '-')
                value = text[at++] == '+' ? value + Product() : value - Product();
            return value;
        }

        decimal? Product()
        {
            var value = Factor();
            while (value is not null && Peek() is '*' or 'x' or '×' or '/' or '÷')
            {
                var divides = text[at++] is '/' or '÷';
                var other = Factor();
                value = other is null || (divides && other == 0) ? null : divides ? value / other : value * other;
            }
            return value;
        }

        decimal? Factor()
        {
            var c = Peek();
            if (c == '-')
            {
                at++;
                return ++depth > Deepest ? null : -Factor();
            }
            if (c == '(')
            {
                at++;
                if (++depth > Deepest || Sum() is not { } inner || Peek() != ')')
                    return null;
                at++;
                return inner;
            }
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or ','))
                at++;
            var digits = text[start..at].ToString().Replace(",", "", StringComparison.Ordinal);
            if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            if (Peek() != '%')
                return number;
            at++;
            return number / 100;
        }

        /// <summary>The next character that is neither blank nor a dollar sign; \0 at the end.</summary>
        char Peek()
        {
            while (at < text.Length && (text[at] == '$' || char.IsWhiteSpace(text[at])))
                at++;
            return at < text.Length ? text[at] : '\0';
        }
    }

    [GeneratedRegex(@"(?<![\d.,])([-(]?\$?\d[\d,]*(?:\.\d+)?%?\)?(?:\s*[-+*/x×÷]\s*[-(]?\$?\d[\d,]*(?:\.\d+)?%?\)?)+)\s*=\s*\$?(-?\d[\d,]*(?:\.\d+)?)",
        RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Equation();

    [GeneratedRegex(@"\d[\d,]*(?:\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
