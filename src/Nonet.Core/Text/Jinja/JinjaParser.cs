using static Nonet.Text.Jinja.JinjaTokenKind;

namespace Nonet.Text.Jinja;

/// <summary>Parses the statements of a template.</summary>
sealed class JinjaParser
{
    readonly JinjaCursor cursor;
    readonly JinjaExpressionParser expressions;
    int loops;

    /// <param name="name">Name of the template, for messages.</param>
    /// <param name="tokens">Tokens from the lexer.</param>
    /// <param name="mostDepth">Maximum nesting depth.</param>
    public JinjaParser(string name, List<JinjaToken> tokens, int mostDepth)
    {
        cursor = new JinjaCursor(name, tokens, mostDepth);
        expressions = new JinjaExpressionParser(name, cursor);
    }

    /// <summary>Whether the template marks the assistant's text.</summary>
    public bool MarksGeneration { get; private set; }

    public Block Parse()
    {
        var (block, _) = Body(JinjaTokenKind.End);
        return expressions.Unknown is null ? block : throw expressions.Unknown;
    }

    /// <summary>Parses statements up to one of several tags, which is consumed; or to the end if no tags are given.</summary>
    (Block Block, string End) Body(params string[] ends) => Body(BlockStart, ends);

    (Block Block, string End) Body(JinjaTokenKind until, params string[] ends)
    {
        var (line, statements) = (cursor.Token.Line, new List<JinjaStatement>());
        cursor.Enter();
        while (true)
        {
            switch (cursor.Token.Kind)
            {
                case JinjaTokenKind.End when until == JinjaTokenKind.End:
                    cursor.Leave();
                    return (new Block(line, statements), "");
                case Plain:
                    statements.Add(new PlainText(cursor.Token.Line, cursor.Next().Text));
                    break;
                case PrintStart:
                    cursor.Next();
                    statements.Add(new Print(expressions.Expressions()));
                    cursor.Take(PrintEnd, "}}");
                    break;
                case BlockStart when cursor.Following.Kind == Name && ends.Contains(cursor.Following.Text):
                    cursor.Next();
                    cursor.Leave();
                    return (new Block(line, statements), cursor.Next().Text);
                case BlockStart:
                    cursor.Next();
                    statements.Add(Statement());
                    break;
                default:
                    throw cursor.Wrong(ends.Length == 0 ? "text or a tag" : string.Join(" or ", ends.Select(e => $"{{% {e} %}}")));
            }
        }
    }

    JinjaStatement Statement()
    {
        var line = cursor.Token.Line;
        var word = cursor.TakeName("a statement");
        switch (word)
        {
            case "if": return IfStatement(line);
            case "for": return ForStatement(line);
            case "set": return SetStatement(line);
            case "macro":
                {
                    var macro = cursor.TakeName("the macro's name");
                    return MacroAfterName(line, macro, Parameters(), null, "endmacro");
                }
            case "call":
                {
                    var parameters = cursor.Is("(") ? Parameters() : [];
                    var call = expressions.Expression() as Call ?? throw cursor.Wrong("a call of a macro");
                    return new CallBlock(line, MacroAfterName(line, "caller", parameters, call, "endcall"), call);
                }
            case "filter":
                {
                    var filters = new List<Filter> { expressions.FilterAfterName(null, cursor.TakeName("a filter")) };
                    while (cursor.Accept("|"))
                        filters.Add(expressions.FilterAfterName(null, cursor.TakeName("a filter")));
                    cursor.CloseBlock();
                    return new FilterBlock(line, filters, Closed("endfilter"));
                }
            case "with":
                {
                    var variables = new List<(string, JinjaExpression)>();
                    while (cursor.Token.Kind == Name)
                    {
                        var variable = cursor.TakeName("a name");
                        cursor.TakeOperator("=");
                        variables.Add((variable, expressions.Expression()));
                        if (!cursor.Accept(","))
                            break;
                    }
                    cursor.CloseBlock();
                    return new With(line, variables, Closed("endwith"));
                }
            case "include" or "import" or "from" or "extends":
                while (cursor.Token.Kind is not (BlockEnd or JinjaTokenKind.End))
                    cursor.Next();
                cursor.CloseBlock();
                return new OtherTemplate(line, word);
            case "generation": // transformers' mark of the assistant's text
                cursor.CloseBlock();
                MarksGeneration = true;
                return new Generation(line, Closed("endgeneration"));
            case "break" or "continue" when loops > 0:
                cursor.CloseBlock();
                return new Jump(line, word == "break" ? Flow.Break : Flow.Continue);
            default:
                cursor.Back();
                throw cursor.Wrong("if, for, set, macro, call, filter, with, generation, raw, or break and continue within a loop");
        }
    }

    Macro MacroAfterName(int line, string macro, List<(string, JinjaExpression?)> parameters, Call? call, string end)
    {
        expressions.EnterMacro();
        cursor.CloseBlock();
        var body = Closed(end);
        var extra = expressions.LeaveMacro();
        return new Macro(call?.Line ?? line, macro, parameters, body, extra);
    }

    If IfStatement(int line)
    {
        var cases = new List<(JinjaExpression, Block)>();
        var end = "elif";
        expressions.EnterBranch();
        while (end == "elif")
        {
            var condition = expressions.Expression();
            cursor.CloseBlock();
            (var body, end) = Body("elif", "else", "endif");
            cases.Add((condition, body));
        }
        Block? otherwise = null;
        if (end == "else")
        {
            cursor.CloseBlock();
            (otherwise, _) = Body("endif");
        }
        expressions.LeaveBranch();
        cursor.CloseBlock();
        return new If(line, cases, otherwise);
    }

    For ForStatement(int line)
    {
        var names = Targets();
        if (!cursor.AcceptName("in"))
            throw cursor.Wrong("in");
        var source = expressions.Expressions(conditional: false);
        var filter = cursor.AcceptName("if") ? expressions.Expression() : null;
        if (cursor.Token is { Kind: Name, Text: "recursive" })
            throw cursor.Wrong("%}: recursive loops are not supported");
        cursor.CloseBlock();
        loops++;
        var (body, end) = Body("else", "endfor");
        loops--;
        Block? otherwise = null;
        if (end == "else")
        {
            cursor.CloseBlock();
            (otherwise, _) = Body("endfor");
        }
        cursor.CloseBlock();
        return new For(line, names, source, filter, body, otherwise);
    }

    Assignment SetStatement(int line)
    {
        var names = Targets();
        var attribute = names.Count == 1 && cursor.Accept(".") ? cursor.TakeName("an attribute") : null;
        if (cursor.Accept("="))
        {
            var value = expressions.Expressions();
            cursor.CloseBlock();
            return new Assignment(line, names, attribute, value, null, []);
        }
        var filters = new List<Filter>();
        while (cursor.Accept("|"))
            filters.Add(expressions.FilterAfterName(null, cursor.TakeName("a filter")));
        cursor.CloseBlock();
        return new Assignment(line, names, attribute, null, Closed("endset"), filters);
    }

    Block Closed(string end)
    {
        var (body, _) = Body(end);
        cursor.CloseBlock();
        return body;
    }

    List<string> Targets()
    {
        var brackets = cursor.Accept("(");
        var names = new List<string> { cursor.TakeName("a name") };
        while (cursor.Accept(","))
            names.Add(cursor.TakeName("a name"));
        if (brackets)
            cursor.TakeOperator(")");
        return names;
    }

    List<(string, JinjaExpression?)> Parameters()
    {
        var parameters = new List<(string, JinjaExpression?)>();
        cursor.TakeOperator("(");
        while (!cursor.Accept(")"))
        {
            if (parameters.Count > 0)
                cursor.TakeOperator(",");
            var parameter = cursor.TakeName("a parameter");
            parameters.Add((parameter, cursor.Accept("=") ? expressions.Expression() : null));
        }
        return parameters;
    }
}
