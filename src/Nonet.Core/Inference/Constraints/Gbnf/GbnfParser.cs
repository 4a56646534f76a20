using System.Globalization;
using System.Text;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Regex;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Gbnf;

/// <summary>A part of a rule: characters, a reference, a sequence, a choice or a repetition.</summary>
abstract record GbnfPart
{
    public sealed record Text(Expression Expression) : GbnfPart;

    public sealed record Reference(string Name, int Line) : GbnfPart;

    public sealed record Sequence(List<GbnfPart> Parts) : GbnfPart;

    public sealed record Choice(List<GbnfPart> Parts) : GbnfPart;

    public sealed record Repeat(GbnfPart Part, int Min, int Max) : GbnfPart;
}

/// <summary>
/// Grammars as llama.cpp writes them (GBNF): rules name ::= alternatives, "literals", [classes], a dot for any character, groups, repetitions *, +, ?, {m},
/// {m,}, {m,n}, comments from # on. A rule ends with its line, unless that line ends with ::=, | or inside of parentheses.
/// </summary>
sealed class GbnfParser(string grammar, ExpressionStore store)
{
    const int MostCharacters = 4 << 20, Deepest = 200, MostRules = 20_000;

    readonly Dictionary<string, GbnfPart> rules = new(StringComparer.Ordinal);
    int at;
    int depth;

    public Dictionary<string, GbnfPart> Parse()
    {
        if (grammar.Length > MostCharacters)
            throw new InvalidDataException($"the grammar has {grammar.Length} characters; at most {MostCharacters} are read");
        Skip(lines: true);
        while (at < grammar.Length)
        {
            var name = Name();
            Skip(lines: false);
            if (!grammar.AsSpan(at).StartsWith("::=", StringComparison.Ordinal))
                throw Wrong($"{Found} after the rule's name {name}", "::=");
            at += 3;
            Skip(lines: true);
            if (!rules.TryAdd(name, Alternatives(nested: false)))
                throw Wrong($"a second rule {name}", "each name once");
            if (rules.Count > MostRules)
                throw Wrong($"more than {MostRules} rules", "fewer");
            if (at < grammar.Length && grammar[at] is not ('\n' or '\r'))
                throw Wrong(Found, "the end of the line");
            Skip(lines: true);
        }
        return rules.ContainsKey("root") ? rules : throw new InvalidDataException("the grammar has no rule root; expected root ::= ..., where texts begin");
    }

    GbnfPart Alternatives(bool nested)
    {
        if (++depth > Deepest)
            throw Wrong($"groups in groups, more than {Deepest} deep", "fewer");
        var parts = new List<GbnfPart> { Sequence(nested) };
        while (at < grammar.Length && grammar[at] == '|')
        {
            at++;
            Skip(lines: true);
            parts.Add(Sequence(nested));
        }
        depth--;
        return parts is [var only] ? only : new GbnfPart.Choice(parts);
    }

    GbnfPart Sequence(bool nested)
    {
        var parts = new List<GbnfPart>();
        while (at < grammar.Length && grammar[at] is not ('|' or ')' or '\n' or '\r'))
        {
            var part = Item();
            while (at < grammar.Length && grammar[at] is '*' or '+' or '?' or '{')
                part = Repetition(part);
            parts.Add(part);
            Skip(nested);
        }
        return parts is [var only] ? only : new GbnfPart.Sequence(parts);
    }

    GbnfPart Item()
    {
        switch (grammar[at])
        {
            case '"':
                return new GbnfPart.Text(Literal());
            case '[':
                return new GbnfPart.Text(store.Characters(Class()));
            case '.':
                at++;
                return new GbnfPart.Text(store.AnyCharacter);
            case '(':
                at++;
                Skip(lines: true);
                var inner = Alternatives(nested: true);
                if (at >= grammar.Length || grammar[at] != ')')
                    throw Wrong(Found, "')'");
                at++;
                return inner;
            case '<' or '!':
                throw new NotSupportedException(
                    $"the grammar names a token at line {Line}, such as <think> or <[123]>; masks are made from texts only: write the text instead");
            default:
                var line = Line;
                return new GbnfPart.Reference(Name(), line);
        }
    }

    GbnfPart.Repeat Repetition(GbnfPart part)
    {
        var sign = grammar[at++];
        if (sign != '{')
            return new GbnfPart.Repeat(part, sign == '+' ? 1 : 0, sign == '?' ? 1 : Expression.Unlimited);
        var close = grammar.IndexOf('}', at);
        var counts = close < 0 ? [] : grammar[at..close].Split(',');
        var (min, max) = (0, Expression.Unlimited);
        if (counts.Length is not (1 or 2)
            || !int.TryParse(counts[0].Trim() is "" && counts.Length == 2 ? "0" : counts[0], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out min)
            || (counts.Length == 2 && counts[1].Trim().Length > 0
                && !int.TryParse(counts[1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out max)))
            throw Wrong("a '{' that begins no repetition", "{m}, {m,} or {m,n}");
        if (counts.Length == 1)
            max = min;
        if (max < min)
            throw Wrong($"the repetition {{{grammar[at..close]}}}", "numbers in order");
        at = close + 1;
        return new GbnfPart.Repeat(part, min, max);
    }

    Expression Literal()
    {
        at++;
        var text = new StringBuilder();
        while (at < grammar.Length && grammar[at] != '"')
        {
            if (grammar[at] is '\n' or '\r')
                break;
            var codePoint = Character();
            if (!Rune.IsValid(codePoint))
                throw Wrong("half of a surrogate pair", "a character");
            text.Append(new Rune(codePoint));
        }
        if (at >= grammar.Length || grammar[at] != '"')
            throw Wrong(Found, "the '\"' that ends a literal");
        at++;
        return store.Literal(text.ToString());
    }

    CodePointSet Class()
    {
        at++;
        var not = at < grammar.Length && grammar[at] == '^';
        if (not)
            at++;
        var ranges = new List<(int, int)>();
        while (at < grammar.Length && grammar[at] != ']')
        {
            var from = Character();
            var to = from;
            if (at + 1 < grammar.Length && grammar[at] == '-' && grammar[at + 1] != ']')
            {
                at++;
                to = Character();
            }
            if (to < from)
                throw Wrong("a range of characters that is out of order", "the lower one first");
            ranges.Add((from, to));
        }
        if (at >= grammar.Length)
            throw Wrong(Found, "the ']' that ends a class");
        at++;
        var set = ranges is [var (low, high)] && low == high ? RegexClasses.Of(low) : CodePointSet.Of(ranges);
        return not ? set.Not() : set;
    }

    int Character()
    {
        if (grammar[at] != '\\')
        {
            if (!Rune.TryGetRuneAt(grammar, at, out var rune))
                throw Wrong("half of a surrogate pair", "a character");
            at += rune.Utf16SequenceLength;
            return rune.Value;
        }
        if (++at >= grammar.Length)
            throw Wrong(Found, "a character after '\\'");
        var c = grammar[at++];
        return c switch
        {
            'x' => Hex(2),
            'u' => Hex(4),
            'U' => Hex(8),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' or '-' or '^' => c,
            _ => throw Wrong($"the escape \\{c}", "\\x, \\u, \\U, \\t, \\r, \\n, \\\\, \\\", \\[ or \\]"),
        };
    }

    int Hex(int digits)
    {
        if (at + digits > grammar.Length
            || !int.TryParse(grammar.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value is < 0 or > CodePointSet.Last)
            throw Wrong("an escape that names no code point", $"{digits} hexadecimal digits");
        at += digits;
        return value;
    }

    string Name()
    {
        var start = at;
        while (at < grammar.Length && (char.IsAsciiLetterOrDigit(grammar[at]) || grammar[at] is '-' or '_'))
            at++;
        return at > start ? grammar[start..at] : throw Wrong(Found, "a rule's name, a literal, a class or a group");
    }

    /// <summary>Skips spaces and comments, and also line ends if <paramref name="lines"/> is set.</summary>
    void Skip(bool lines)
    {
        for (; at < grammar.Length; at++)
        {
            if (grammar[at] == '#')
            {
                while (at + 1 < grammar.Length && grammar[at + 1] is not ('\n' or '\r'))
                    at++;
            }
            else if (grammar[at] is not (' ' or '\t') && !(lines && grammar[at] is '\n' or '\r'))
                return;
        }
    }

    int Line => 1 + grammar.AsSpan(0, Math.Min(at, grammar.Length)).Count('\n');

    string Found => at >= grammar.Length ? "the end of the grammar" : grammar[at] is '\n' or '\r' ? "the end of the line" : $"'{grammar[at]}'";

    InvalidDataException Wrong(string found, string expected) => new($"the grammar, line {Line}: found {found}; expected {expected}");
}
