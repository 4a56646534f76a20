using System.Globalization;

namespace Nonet.Numerics;

/// <summary>
/// Evaluates arithmetic as people write it: + - * / x × ÷, parentheses, thousands separators, and % for hundredths. The text is parsed by precedence
/// and never run as code. Blanks and dollar signs are skipped.
/// </summary>
public static class Arithmetic
{
    /// <summary>Largest depth of nested parentheses and signs.</summary>
    const int Deepest = 20;

    /// <summary>Largest number of digits in a number; a decimal holds 28.</summary>
    const int MostDigits = 100;

    /// <summary>The value of an expression. Null if the text is not an expression, divides by zero, or leaves the range of <see cref="decimal"/>.</summary>
    public static decimal? Evaluate(ReadOnlySpan<char> text)
    {
        var parser = new Parser(text);
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

    ref struct Parser(ReadOnlySpan<char> text)
    {
        readonly ReadOnlySpan<char> text = text;
        int at, depth;

        public decimal? Sum()
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
            if (c is not ('-' or '('))
                return Percent(Number());
            at++;
            if (++depth > Deepest)
                return null;
            var inner = c == '-' ? -Factor() : Sum();
            depth--;
            if (c == '-')
                return inner;
            if (inner is null || Peek() != ')')
                return null;
            at++;
            return Percent(inner);
        }

        decimal? Percent(decimal? value)
        {
            if (value is null || Peek() != '%')
                return value;
            at++;
            return value / 100;
        }

        decimal? Number()
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or ','))
                at++;
            Span<char> digits = stackalloc char[MostDigits];
            var count = 0;
            foreach (var c in text[start..at])
            {
                if (c == ',')
                    continue;
                if (count == MostDigits)
                    return null;
                digits[count++] = c;
            }
            return decimal.TryParse(digits[..count], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        /// <summary>The next character that is neither blank nor a dollar sign; \0 at the end.</summary>
        public char Peek()
        {
            while (at < text.Length && (text[at] == '$' || char.IsWhiteSpace(text[at])))
                at++;
            return at < text.Length ? text[at] : '\0';
        }
    }
}
