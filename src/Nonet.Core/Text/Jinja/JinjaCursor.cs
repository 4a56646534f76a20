using static Nonet.Text.Jinja.JinjaTokenKind;

namespace Nonet.Text.Jinja;

/// <summary>The parser's position in the tokens of a template, with the current nesting depth.</summary>
sealed class JinjaCursor(string name, List<JinjaToken> tokens, int mostDepth)
{
    int at, depth;

    public JinjaToken Token => tokens[at];

    /// <summary>The token after <see cref="Token"/>.</summary>
    public JinjaToken Following => tokens[at + 1];

    /// <summary>The line of the token before <see cref="Token"/>.</summary>
    public int LineBefore => tokens[at - 1].Line;

    /// <summary>Returns the token and advances to the next one.</summary>
    public JinjaToken Next() => tokens[at++];

    /// <summary>Goes back by one token.</summary>
    public void Back() => at--;

    /// <summary>Begins a nested part. Throws if it is nested too deeply.</summary>
    public void Enter()
    {
        if (++depth > mostDepth)
            throw Wrong($"at most {mostDepth} nested parts");
    }

    /// <summary>Ends a nested part.</summary>
    public void Leave() => depth--;

    /// <summary>Whether the token is an operator.</summary>
    public bool Is(string op) => Token.Kind == Operator && Token.Text == op;

    /// <summary>Consumes an operator if it is the token.</summary>
    public bool Accept(string op)
    {
        var found = Is(op);
        at += found ? 1 : 0;
        return found;
    }

    /// <summary>Consumes a word if it is the token.</summary>
    public bool AcceptName(string word)
    {
        var found = Token.Kind == Name && Token.Text == word;
        at += found ? 1 : 0;
        return found;
    }

    public void TakeOperator(string op)
    {
        if (!Accept(op))
            throw Wrong(op);
    }

    public string TakeName(string expected) => Token.Kind == Name ? tokens[at++].Text : throw Wrong(expected);

    public void Take(JinjaTokenKind kind, string expected)
    {
        if (Token.Kind != kind)
            throw Wrong(expected);
        at++;
    }

    public void CloseBlock() => Take(BlockEnd, "%}");

    /// <summary>An error at the token.</summary>
    /// <param name="expected">What was expected there.</param>
    public JinjaException Wrong(string expected)
    {
        var found = Token.Kind switch
        {
            JinjaTokenKind.End => "the end of the template",
            Plain => "text",
            PrintStart => "{{",
            PrintEnd => "}}",
            BlockStart => tokens[at + 1].Kind == Name ? $"{{% {tokens[at + 1].Text}" : "{%",
            BlockEnd => "%}",
            Quoted => JinjaRepr.Shown(Token.Text),
            _ => Token.Text,
        };
        return new JinjaException(name, Token.Line, $"found {found}; expected {expected}");
    }
}
