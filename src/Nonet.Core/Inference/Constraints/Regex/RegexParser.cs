using System.Globalization;
using Nonet.Inference.Constraints.Automata;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Regex;

/// <summary>
/// Parses regular expressions of ECMA-262, the syntax of JSON Schema's `pattern`: literals, classes, groups, alternation, repetition and the anchors ^ and $.
/// Back-references, which no automaton can follow, look-around, word borders and flags throw an error that names them. Lazy quantifiers match the same texts
/// as greedy ones.
/// </summary>
sealed class RegexParser
{
    const int Deepest = 250, MostCharacters = 4096;
    const byte Begin = 0xFE, End = 0xFF; // mark the ends of a text, where anchors match; UTF-8 does not use these bytes

    readonly string pattern;
    readonly string name;
    readonly ExpressionStore store;
    readonly Expression begin, end;
    int at;
    int depth;

    RegexParser(string pattern, ExpressionStore store, string name)
    {
        (this.pattern, this.store, this.name) = (pattern, store, name);
        (begin, end) = (store.Bytes(ByteSet.Of(Begin)), store.Bytes(ByteSet.Of(End)));
    }

    /// <summary>The texts that match the pattern as a whole.</summary>
    public static Expression Whole(string pattern, ExpressionStore store, Derivatives derivatives, string name)
    {
        var parser = new RegexParser(pattern, store, name);
        return parser.Between(derivatives, store.Optional(parser.begin), parser.Parse(), store.Optional(parser.end));
    }

    /// <summary>The texts with a part that matches the pattern.</summary>
    public static Expression Anywhere(string pattern, ExpressionStore store, Derivatives derivatives, string name)
    {
        var parser = new RegexParser(pattern, store, name);
        return parser.Between(derivatives, store.Optional(store.Concat(parser.begin, store.AnyText)), parser.Parse(),
            store.Optional(store.Concat(store.AnyText, parser.end)));
    }

    Expression Between(Derivatives derivatives, Expression before, Expression middle, Expression after) =>
        UpToEnd(derivatives.Of(store.Concat(before, middle, after), Begin));

    /// <summary>The part of an expression before the end mark.</summary>
    Expression UpToEnd(Expression x) => x.Kind switch
    {
        ExpressionKind.Bytes => x.Set.Contains(End) ? store.Empty : store.Nothing,
        ExpressionKind.Concat => store.Or(store.Concat(WithoutMarks(x.Left), UpToEnd(x.Right), x.IsText), x.Right.IsNullable ? UpToEnd(x.Left) : store.Nothing),
        ExpressionKind.Or => store.Or(x.Parts.Select(UpToEnd)),
        ExpressionKind.Repeat => store.Concat(
            store.Repeat(WithoutMarks(x.Left), Math.Max(0, x.Min - 1), x.Max == Expression.Unlimited ? x.Max : x.Max - 1), UpToEnd(x.Left)),
        _ => store.Nothing,
    };

    Expression WithoutMarks(Expression x) => x.Kind switch
    {
        ExpressionKind.Bytes => x.Set == ByteSet.Of(Begin) || x.Set == ByteSet.Of(End) ? store.Nothing : x,
        ExpressionKind.Concat =>
            WithoutMarks(x.Left) is var left && WithoutMarks(x.Right) is var right && left == x.Left && right == x.Right ? x
            : store.Concat(left, right, x.IsText),
        ExpressionKind.Or => store.Or(x.Parts.Select(WithoutMarks)),
        ExpressionKind.Repeat => store.Repeat(WithoutMarks(x.Left), x.Min, x.Max),
        _ => x,
    };

    Expression Parse()
    {
        if (pattern.Length > MostCharacters)
            throw new InvalidDataException($"{name}: the pattern has {pattern.Length} characters; at most {MostCharacters} are read");
        var result = Alternatives();
        return at < pattern.Length ? throw Wrong("a ')' without its '('") : result;
    }

    Expression Alternatives()
    {
        if (++depth > Deepest)
            throw Wrong($"groups in groups, more than {Deepest} deep");
        var parts = new List<Expression> { Sequence() };
        while (at < pattern.Length && pattern[at] == '|')
        {
            at++;
            parts.Add(Sequence());
        }
        depth--;
        return store.Or(parts);
    }

    Expression Sequence()
    {
        var parts = new List<Expression>();
        while (at < pattern.Length && pattern[at] is not ('|' or ')'))
        {
            var atom = Atom();
            if (atom == begin || atom == end)
            {
                if (at < pattern.Length && pattern[at] is '*' or '+' or '?' or '{')
                    throw Refused("a repeated anchor");
                if (parts is [.., var last] && last == atom)
                    continue;
            }
            parts.Add(Quantified(atom));
        }
        return store.Concat([.. parts]);
    }

    Expression Quantified(Expression atom)
    {
        while (at < pattern.Length)
        {
            var (min, max) = (0, Expression.Unlimited);
            if (pattern[at] == '{')
            {
                if (Counts() is not { } counts)
                    return atom; // a brace that is not a quantifier is a literal
                (min, max) = counts;
            }
            else if (pattern[at] is '*' or '+' or '?')
            {
                (min, max) = (pattern[at] == '+' ? 1 : 0, pattern[at] == '?' ? 1 : Expression.Unlimited);
                at++;
            }
            else
                return atom;
            if (at < pattern.Length && pattern[at] == '+')
                throw Refused("a possessive quantifier");
            if (at < pattern.Length && pattern[at] == '?')
                at++; // a lazy quantifier matches the same texts
            atom = store.Repeat(atom, min, max);
        }
        return atom;
    }

    /// <summary>Parses {m}, {m,} or {m,n}; null if the brace is not a quantifier.</summary>
    (int Min, int Max)? Counts()
    {
        var close = pattern.IndexOf('}', at);
        if (close < 0)
            return null;
        var parts = pattern[(at + 1)..close].Split(',');
        if (parts.Length > 2 || parts[0].Length == 0 || !parts.All(p => p.All(char.IsAsciiDigit)))
            return null;
        if (!int.TryParse(parts[0], CultureInfo.InvariantCulture, out var min))
            throw Wrong("a number of repetitions that is too large");
        var max = parts.Length == 1 ? min : parts[1].Length == 0 ? Expression.Unlimited : int.TryParse(parts[1], CultureInfo.InvariantCulture, out var most)
            ? most : throw Wrong("a number of repetitions that is too large");
        if (max < min)
            throw Wrong($"the quantifier {pattern[at..(close + 1)]}, whose numbers are out of order");
        at = close + 1;
        return (min, max);
    }

    Expression Atom()
    {
        var c = pattern[at];
        switch (c)
        {
            case '(':
                at++;
                GroupKind();
                var inner = Alternatives();
                if (at >= pattern.Length)
                    throw Wrong("a '(' without its ')'");
                at++;
                return inner;
            case '[':
                return store.Characters(Bracket());
            case '.':
                at++;
                return store.Characters(RegexClasses.NoLineEnd);
            case '^':
                at++;
                return begin;
            case '$':
                at++;
                return end;
            case '*' or '+' or '?':
                throw Wrong($"'{c}' after nothing that it could repeat");
            case '\\':
                return store.Characters(Escape(inBracket: false));
            default:
                return store.Characters(Single(Rune()));
        }
    }

    int Rune()
    {
        if (!System.Text.Rune.TryGetRuneAt(pattern, at, out var rune))
            throw Wrong("half of a surrogate pair");
        at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    void GroupKind()
    {
        if (at >= pattern.Length || pattern[at] != '?')
            return;
        foreach (var (start, what) in new[] { ("?=", "look-ahead"), ("?!", "negative look-ahead"), ("?<=", "look-behind"), ("?<!", "negative look-behind"),
            ("?>", "an atomic group") })
        {
            if (pattern.AsSpan(at).StartsWith(start, StringComparison.Ordinal))
                throw Refused(what);
        }
        if (pattern.AsSpan(at).StartsWith("?:", StringComparison.Ordinal))
            at += 2;
        else if ((pattern.AsSpan(at).StartsWith("?<", StringComparison.Ordinal) || pattern.AsSpan(at).StartsWith("?P<", StringComparison.Ordinal))
            && pattern.IndexOf('>', at) is >= 0 and var close)
            at = close + 1;
        else
            throw Refused($"the group ({pattern[at..Math.Min(pattern.Length, at + 3)]}");
    }

    CodePointSet Bracket()
    {
        at++;
        var not = at < pattern.Length && pattern[at] == '^';
        if (not)
            at++;
        var parts = new List<CodePointSet>();
        while (true)
        {
            if (at >= pattern.Length)
                throw Wrong("a '[' without its ']'");
            if (pattern[at] == ']')
                break;
            var from = Member();
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                var to = Member();
                if (from.Ranges is not [var (low, same)] || low != same || to.Ranges is not [var (high, alike)] || high != alike)
                    parts.AddRange([from, to, Single('-')]);
                else if (low > high)
                    throw Wrong("a range of characters that is out of order");
                else
                    parts.Add(CodePointSet.Of((low, high)));
            }
            else
                parts.Add(from);
        }
        at++;
        var set = CodePointSet.Of(parts.SelectMany(p => p.Ranges));
        return not ? set.Not() : set;
    }

    CodePointSet Member() => pattern[at] == '\\' ? Escape(inBracket: true) : Single(Rune());

    static CodePointSet Single(int codePoint) => RegexClasses.Of(codePoint);

    CodePointSet Escape(bool inBracket)
    {
        if (++at >= pattern.Length)
            throw Wrong("a '\\' at its end");
        var c = pattern[at];
        if (RegexClasses.OfEscape(c) is { } set)
        {
            at++;
            return set;
        }
        switch (c)
        {
            case 'b' when inBracket:
                at++;
                return Single('\b');
            case 'b' or 'B':
                throw Refused($"the word border \\{c}");
            case 'k' or (>= '1' and <= '9'):
                throw Refused($"the back-reference \\{c}");
            case 'p' or 'P':
                return Property(c == 'P');
            case 'x':
                at++;
                return Single(Hex(2));
            case 'u' when at + 1 < pattern.Length && pattern[at + 1] == '{':
                var close = pattern.IndexOf('}', at);
                if (close < 0 || !int.TryParse(pattern.AsSpan(at + 2, close - at - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                    out var codePoint) || codePoint > CodePointSet.Last)
                    throw Wrong("the escape \\u{ without a code point");
                at = close + 1;
                return Single(codePoint);
            case 'u':
                at++;
                return Single(Utf16());
            case 'c' when at + 1 < pattern.Length && char.IsAsciiLetter(pattern[at + 1]):
                at += 2;
                return Single(pattern[at - 1] & 0x1F);
            case '0':
                at++;
                return Single(0);
            default:
                if (char.IsAsciiLetterOrDigit(c))
                    throw Refused($"the escape \\{c}");
                return Single(Rune());
        }
    }

    int Utf16()
    {
        var first = Hex(4);
        if (!char.IsHighSurrogate((char)first) || at + 6 > pattern.Length || pattern[at] != '\\' || pattern[at + 1] != 'u')
            return first;
        at += 2;
        var second = Hex(4);
        return char.IsLowSurrogate((char)second) ? char.ConvertToUtf32((char)first, (char)second) : throw Wrong("half of a surrogate pair");
    }

    int Hex(int digits)
    {
        if (at + digits > pattern.Length
            || !int.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            throw Wrong($"an escape without its {digits} hexadecimal digits");
        at += digits;
        return value;
    }

    CodePointSet Property(bool not)
    {
        var close = at + 1 < pattern.Length && pattern[at + 1] == '{' ? pattern.IndexOf('}', at) : -1;
        if (close < 0)
            throw Wrong("the escape \\p without a property in braces");
        var property = pattern[(at + 2)..close];
        var set = RegexClasses.Property(property) ?? throw Refused($"the property {property}");
        at = close + 1;
        return not ? set.Not() : set;
    }

    InvalidDataException Wrong(string what) =>
        new($"{name}: found {what} at character {Math.Min(at, pattern.Length)} of the pattern {Shown}; expected a regular expression of ECMA-262");

    NotSupportedException Refused(string what) =>
        new($"{name}: the pattern {Shown} has {what}, which cannot be enforced on a text that is being written; rewrite it with groups, classes and "
        + $"repetitions");

    string Shown => pattern.Length > 80 ? $"'{pattern[..80]}...'" : $"'{pattern}'";
}
