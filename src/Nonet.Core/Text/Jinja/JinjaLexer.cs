using System.Text;

namespace Nonet.Text.Jinja;

enum JinjaTokenKind { Plain, PrintStart, PrintEnd, BlockStart, BlockEnd, Name, Quoted, Whole, Real, Operator, End }

/// <summary>A token of a template: plain text, a delimiter of a tag, or a word, literal or operator inside a tag.</summary>
readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line);

/// <summary>
/// Splits a template into tokens. As configured by transformers, the first line end after a block is dropped, spaces before a block at the
/// start of a line are dropped, and so is one line end at the end. A minus in a delimiter drops all white space on that side; a plus keeps
/// it.
/// </summary>
sealed class JinjaLexer(string name, string source)
{
    static readonly string[] operators =
        ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|"];

    readonly List<JinjaToken> tokens = [];
    int at, line = 1;

    public List<JinjaToken> Read()
    {
        source = source.ReplaceLineEndings("\n");
        if (source.EndsWith('\n'))
            source = source[..^1];
        var (trimNext, dropLine) = (false, false);
        while (at < source.Length)
        {
            var start = NextTag();
            var text = source[at..start];
            if (trimNext)
                text = text.TrimStart();
            else if (dropLine && text.StartsWith('\n'))
                text = text[1..];
            line += Lines(at, start);
            if (start == source.Length)
            {
                Add(JinjaTokenKind.Plain, text);
                break;
            }
            var (mark, sign) = (source[start + 1], start + 2 < source.Length ? source[start + 2] : ' ');
            if (sign == '-')
                text = text.TrimEnd();
            else if (sign != '+' && mark != '{' && LineStart(start) is var begin && begin >= at)
                text = text[..Math.Max(0, text.Length - (start - begin))];
            Add(JinjaTokenKind.Plain, text);
            at = start + 2;
            if (mark == '#')
                (trimNext, dropLine) = Comment();
            else
            {
                if (sign is '-' or '+')
                    at++;
                if (mark == '%' && RawAhead() is var after && after > 0)
                    (trimNext, dropLine) = Raw(after);
                else
                    (trimNext, dropLine) = Tag(mark);
            }
        }
        tokens.Add(new JinjaToken(JinjaTokenKind.End, "", line));
        return tokens;
    }

    /// <summary>Position of the next delimiter, or the end of the template.</summary>
    int NextTag()
    {
        for (var i = at; i + 1 < source.Length; i++)
        {
            if (source[i] == '{' && source[i + 1] is '{' or '%' or '#' && source[i] == '{')
                return i;
        }
        return source.Length;
    }

    /// <summary>Start of the spaces before a delimiter that is the first on its line; -1 if other text precedes it.</summary>
    int LineStart(int mark)
    {
        var i = mark;
        while (i > at && source[i - 1] is ' ' or '\t' && i > at)
            i--;
        return i == 0 || source[i - 1] == '\n' ? i : -1;
    }

    (bool Trim, bool DropLine) Comment()
    {
        var end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0)
            throw Wrong("a comment without an end", "#}");
        var trim = end > at && source[end - 1] == '-';
        var keep = end > at && source[end - 1] == '+';
        line += Lines(at, end);
        at = end + 2;
        return (trim, !keep);
    }

    /// <summary>Position after "raw" if the block is a raw block; otherwise 0.</summary>
    int RawAhead()
    {
        var i = SkipBlanks(at);
        if (!source.AsSpan(i).StartsWith("raw"))
            return 0;
        i = SkipBlanks(i + 3);
        return i + 1 < source.Length && (source[i] == '%' || source[i] is '-' or '+' && source[i + 1] == '%') ? i : 0;
    }

    (bool Trim, bool DropLine) Raw(int close)
    {
        var trim = source[close] == '-';
        var begin = source.IndexOf("%}", close, StringComparison.Ordinal) + 2;
        for (var i = begin; ; i++)
        {
            i = i < source.Length ? source.IndexOf("{%", i, StringComparison.Ordinal) : -1;
            if (i < 0 || begin < 2)
                throw Wrong("a raw block without an end", "{% endraw %}");
            var j = i + 2;
            var trimBefore = j < source.Length && source[j] == '-';
            j = SkipBlanks(j < source.Length && source[j] is '-' or '+' ? j + 1 : j);
            if (!source.AsSpan(j).StartsWith("endraw"))
                continue;
            j = SkipBlanks(j + 6);
            var sign = j < source.Length ? source[j] : ' ';
            if (sign is '-' or '+')
                j++;
            if (!source.AsSpan(j).StartsWith("%}"))
                throw Wrong("endraw", "%} after it");
            var text = source[begin..i];
            text = trim ? text.TrimStart() : text.StartsWith('\n') ? text[1..] : text;
            Add(JinjaTokenKind.Plain, trimBefore ? text.TrimEnd() : text);
            line += Lines(at, j);
            at = j + 2;
            return (sign == '-', sign != '+');
        }
    }

    (bool Trim, bool DropLine) Tag(char mark)
    {
        var (close, block) = (mark == '%' ? "%}" : "}}", mark == '%');
        Add(block ? JinjaTokenKind.BlockStart : JinjaTokenKind.PrintStart, "");
        var depth = 0;
        while (true)
        {
            while (at < source.Length && char.IsWhiteSpace(source[at]))
                line += source[at++] == '\n' ? 1 : 0;
            if (at >= source.Length)
                throw Wrong("a tag without an end", close);
            var sign = source[at] is '-' or '+' ? source[at] : ' ';
            var end = sign == ' ' ? at : at + 1;
            if (depth == 0 && source.AsSpan(end).StartsWith(close) && (sign != '+' || block))
            {
                at = end + 2;
                Add(block ? JinjaTokenKind.BlockEnd : JinjaTokenKind.PrintEnd, "");
                return (sign == '-', block && sign != '+');
            }
            var token = Next();
            depth += token.Kind != JinjaTokenKind.Operator ? 0 : token.Text is "(" or "[" or "{" ? 1 : token.Text is ")" or "]" or "}" ? -1 : 0;
            tokens.Add(token);
        }
    }

    JinjaToken Next()
    {
        var c = source[at];
        if (char.IsLetter(c) || c == '_')
            return Run(JinjaTokenKind.Name, x => char.IsLetterOrDigit(x) || x == '_');
        if (char.IsAsciiDigit(c))
            return Number();
        if (c is '"' or '\'')
            return Literal(c);
        foreach (var op in operators)
        {
            if (source.AsSpan(at).StartsWith(op))
            {
                at += op.Length;
                return new JinjaToken(JinjaTokenKind.Operator, op, line);
            }
        }
        throw Wrong($"the character '{c}'", "an expression");
    }

    JinjaToken Run(JinjaTokenKind kind, Func<char, bool> belongs)
    {
        var start = at;
        while (at < source.Length && belongs(source[at]))
            at++;
        return new JinjaToken(kind, source[start..at], line);
    }

    JinjaToken Number()
    {
        var start = at;
        Run(JinjaTokenKind.Whole, x => char.IsAsciiDigit(x) || x == '_');
        if (tokens.Count > 0 && tokens[^1] is { Kind: JinjaTokenKind.Operator, Text: "." }) // x.1.0: two numbers
            return new JinjaToken(JinjaTokenKind.Whole, source[start..at].Replace("_", "", StringComparison.Ordinal), line);
        var real = false;
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            at++;
            Run(JinjaTokenKind.Whole, x => char.IsAsciiDigit(x) || x == '_');
            real = true;
        }
        if (at + 1 < source.Length && source[at] is 'e' or 'E'
            && (char.IsAsciiDigit(source[at + 1]) || at + 2 < source.Length && source[at + 1] is '+' or '-' && char.IsAsciiDigit(source[at + 2])))
        {
            at += 2;
            Run(JinjaTokenKind.Whole, char.IsAsciiDigit);
            real = true;
        }
        return new JinjaToken(real ? JinjaTokenKind.Real : JinjaTokenKind.Whole, source[start..at].Replace("_", "", StringComparison.Ordinal), line);
    }

    JinjaToken Literal(char quote)
    {
        var (begin, text) = (line, new StringBuilder());
        for (at++; at < source.Length && source[at] != quote; at++)
        {
            line += source[at] == '\n' ? 1 : 0;
            if (source[at] != '\\' || at + 1 >= source.Length)
            {
                text.Append(source[at]);
                continue;
            }
            at++;
            switch (source[at])
            {
                case 'n': text.Append('\n'); break;
                case 't': text.Append('\t'); break;
                case 'r': text.Append('\r'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'v': text.Append('\v'); break;
                case 'a': text.Append('\a'); break;
                case '0': text.Append('\0'); break;
                case '\n': line++; break;
                case 'x': text.Append((char)Hex(2)); break;
                case 'u': text.Append((char)Hex(4)); break;
                case 'U':
                    text.Append(
                    Rune.IsValid(Hex(8, look: true)) ? new Rune(Hex(8)).ToString() : throw Wrong("a character beyond Unicode", "at most 10ffff")); break;
                case '\\' or '\'' or '"': text.Append(source[at]); break;
                default: text.Append('\\').Append(source[at]); break;
            }
        }
        if (at >= source.Length)
            throw new JinjaException(name, begin, "found a string without an end; expected " + quote);
        at++;
        return new JinjaToken(JinjaTokenKind.Quoted, text.ToString(), begin);
    }

    int Hex(int digits, bool look = false)
    {
        if (at + digits >= source.Length
            || !int.TryParse(source.AsSpan(at + 1, digits), System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture, out var value))
            throw Wrong("an escape in a string", $"{digits} hexadecimal digits");
        at += look ? 0 : digits;
        return value;
    }

    int SkipBlanks(int i)
    {
        while (i < source.Length && char.IsWhiteSpace(source[i]))
            i++;
        return i;
    }

    int Lines(int from, int to) => source.AsSpan(from, to - from).Count('\n');

    void Add(JinjaTokenKind kind, string text)
    {
        if (kind != JinjaTokenKind.Plain || text.Length > 0)
            tokens.Add(new JinjaToken(kind, text, line));
    }

    JinjaException Wrong(string found, string expected) => new(name, line, $"found {found}; expected {expected}");
}
