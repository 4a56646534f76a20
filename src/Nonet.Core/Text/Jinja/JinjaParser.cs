using System.Globalization;
using System.Text;
using static Nonet.Text.Jinja.JinjaTokenKind;

namespace Nonet.Text.Jinja;

/// <summary>
/// Parses statements and expressions. Precedence as in Jinja: or, and, not, comparison, + -, ~, * / // %, **, sign, filter and test.
/// </summary>
sealed class JinjaParser(string name, List<JinjaToken> tokens, int mostDepth)
{
    readonly Stack<HashSet<string>> macros = new(); // of each macro around: which of varargs, kwargs and caller it names
    int at, depth, loops, branches;
    JinjaException? unknown; // the first filter or test outside of branches that is none

    JinjaToken Token => tokens[at];

    /// <summary>Whether the template marks what the assistant writes.</summary>
    public bool MarksGeneration { get; private set; }

    public Block Parse()
    {
        var (block, _) = Body(JinjaTokenKind.End);
        return unknown is null ? block : throw unknown;
    }

    /// <summary>Parses statements up to one of several tags, which is consumed; or to the end if no tags are given.</summary>
    (Block Block, string End) Body(params string[] ends) => Body(BlockStart, ends);

    (Block Block, string End) Body(JinjaTokenKind until, params string[] ends)
    {
        var (line, statements) = (Token.Line, new List<JinjaStatement>());
        if (++depth > mostDepth)
            throw Wrong($"at most {mostDepth} nested parts");
        while (true)
        {
            switch (Token.Kind)
            {
                case JinjaTokenKind.End when until == JinjaTokenKind.End:
                    depth--;
                    return (new Block(line, statements), "");
                case Plain:
                    statements.Add(new PlainText(Token.Line, tokens[at++].Text));
                    break;
                case PrintStart:
                    at++;
                    statements.Add(new Print(Expressions()));
                    Take(PrintEnd, "}}");
                    break;
                case BlockStart when tokens[at + 1].Kind == Name && ends.Contains(tokens[at + 1].Text):
                    at += 2;
                    depth--;
                    return (new Block(line, statements), tokens[at - 1].Text);
                case BlockStart:
                    at++;
                    statements.Add(Statement());
                    break;
                default:
                    throw Wrong(ends.Length == 0 ? "text or a tag" : string.Join(" or ", ends.Select(e => $"{{% {e} %}}")));
            }
        }
    }

    JinjaStatement Statement()
    {
        var line = Token.Line;
        var word = TakeName("a statement");
        switch (word)
        {
            case "if": return IfStatement(line);
            case "for": return ForStatement(line);
            case "set": return SetStatement(line);
            case "macro":
                {
                    var macro = TakeName("the macro's name");
                    return MacroAfterName(line, macro, Parameters(), null, "endmacro");
                }
            case "call":
                {
                    var parameters = Is("(") ? Parameters() : [];
                    var call = Expression() as Call ?? throw Wrong("a call of a macro");
                    return new CallBlock(line, MacroAfterName(line, "caller", parameters, call, "endcall"), call);
                }
            case "filter":
                {
                    var filters = new List<Filter> { FilterAfterName(null, TakeName("a filter")) };
                    while (Accept("|"))
                        filters.Add(FilterAfterName(null, TakeName("a filter")));
                    CloseBlock();
                    return new FilterBlock(line, filters, Closed("endfilter"));
                }
            case "with":
                {
                    var variables = new List<(string, JinjaExpression)>();
                    while (Token.Kind == Name)
                    {
                        var variable = TakeName("a name");
                        TakeOperator("=");
                        variables.Add((variable, Expression()));
                        if (!Accept(","))
                            break;
                    }
                    CloseBlock();
                    return new With(line, variables, Closed("endwith"));
                }
            case "include" or "import" or "from" or "extends":
                while (Token.Kind is not (BlockEnd or JinjaTokenKind.End))
                    at++;
                CloseBlock();
                return new OtherTemplate(line, word);
            case "generation": // transformers' mark of what the assistant says
                CloseBlock();
                MarksGeneration = true;
                return new Generation(line, Closed("endgeneration"));
            case "break" or "continue" when loops > 0:
                CloseBlock();
                return new Jump(line, word == "break" ? Flow.Break : Flow.Continue);
            default:
                at--;
                throw Wrong("if, for, set, macro, call, filter, with, generation, raw, or break and continue within a loop");
        }
    }

    Macro MacroAfterName(int line, string macro, List<(string, JinjaExpression?)> parameters, Call? call, string end)
    {
        macros.Push(new(StringComparer.Ordinal));
        CloseBlock();
        var body = Closed(end);
        var extra = macros.Pop();
        if (macros.TryPeek(out var outer))
            outer.UnionWith(extra);
        return new Macro(call?.Line ?? line, macro, parameters, body, extra);
    }

    If IfStatement(int line)
    {
        var cases = new List<(JinjaExpression, Block)>();
        var end = "elif";
        branches++;
        while (end == "elif")
        {
            var condition = Expression();
            CloseBlock();
            (var body, end) = Body("elif", "else", "endif");
            cases.Add((condition, body));
        }
        Block? otherwise = null;
        if (end == "else")
        {
            CloseBlock();
            (otherwise, _) = Body("endif");
        }
        branches--;
        CloseBlock();
        return new If(line, cases, otherwise);
    }

    For ForStatement(int line)
    {
        var names = Targets();
        if (!AcceptName("in"))
            throw Wrong("in");
        var source = Expressions(conditional: false);
        var filter = AcceptName("if") ? Expression() : null;
        if (Token is { Kind: Name, Text: "recursive" })
            throw Wrong("%}: recursive loops are not supported");
        CloseBlock();
        loops++;
        var (body, end) = Body("else", "endfor");
        loops--;
        Block? otherwise = null;
        if (end == "else")
        {
            CloseBlock();
            (otherwise, _) = Body("endfor");
        }
        CloseBlock();
        return new For(line, names, source, filter, body, otherwise);
    }

    Assignment SetStatement(int line)
    {
        var names = Targets();
        var attribute = names.Count == 1 && Accept(".") ? TakeName("an attribute") : null;
        if (Accept("="))
        {
            var value = Expressions();
            CloseBlock();
            return new Assignment(line, names, attribute, value, null, []);
        }
        var filters = new List<Filter>();
        while (Accept("|"))
            filters.Add(FilterAfterName(null, TakeName("a filter")));
        CloseBlock();
        return new Assignment(line, names, attribute, null, Closed("endset"), filters);
    }

    Block Closed(string end)
    {
        var (body, _) = Body(end);
        CloseBlock();
        return body;
    }

    List<string> Targets()
    {
        var brackets = Accept("(");
        var names = new List<string> { TakeName("a name") };
        while (Accept(","))
            names.Add(TakeName("a name"));
        if (brackets)
            TakeOperator(")");
        return names;
    }

    List<(string, JinjaExpression?)> Parameters()
    {
        var parameters = new List<(string, JinjaExpression?)>();
        TakeOperator("(");
        while (!Accept(")"))
        {
            if (parameters.Count > 0)
                TakeOperator(",");
            var parameter = TakeName("a parameter");
            parameters.Add((parameter, Accept("=") ? Expression() : null));
        }
        return parameters;
    }

    /// <summary>One expression, or several with commas as a tuple.</summary>
    JinjaExpression Expressions(bool conditional = true)
    {
        var line = Token.Line;
        var first = Expression(conditional);
        if (!Is(","))
            return first;
        var items = new List<JinjaExpression> { first };
        while (Accept(",") && Token.Kind is not (PrintEnd or BlockEnd))
            items.Add(Expression(conditional));
        return new ListLiteral(line, items, isTuple: true);
    }

    JinjaExpression Expression(bool conditional = true)
    {
        if (++depth > mostDepth)
            throw Wrong($"at most {mostDepth} nested parts");
        var first = unknown;
        var x = Or();
        if (conditional && Token is { Kind: Name, Text: "if" })
            unknown = first; // what stands before an if is a branch
        while (conditional && AcceptName("if"))
        {
            branches++;
            var condition = Or();
            x = new Conditional(x.Line, condition, x, AcceptName("else") ? Expression() : null);
            branches--;
        }
        depth--;
        return x;
    }

    JinjaExpression Or()
    {
        var x = And();
        while (AcceptName("or"))
            x = new Logical(x.Line, false, x, And());
        return x;
    }

    JinjaExpression And()
    {
        var x = Negation();
        while (AcceptName("and"))
            x = new Logical(x.Line, true, x, Negation());
        return x;
    }

    JinjaExpression Negation()
    {
        var line = Token.Line;
        if (!AcceptName("not"))
            return Compared();
        if (++depth > mostDepth)
            throw Wrong($"at most {mostDepth} nested parts");
        var x = new Not(line, Negation());
        depth--;
        return x;
    }

    JinjaExpression Compared()
    {
        var x = Operation(0);
        var rest = new List<(string, JinjaExpression)>();
        while (true)
        {
            if (Token.Kind == Operator && Token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
                rest.Add((tokens[at++].Text, Operation(0)));
            else if (AcceptName("in"))
                rest.Add(("in", Operation(0)));
            else if (Token is { Kind: Name, Text: "not" } && tokens[at + 1] is { Kind: Name, Text: "in" })
            {
                at += 2;
                rest.Add(("not in", Operation(0)));
            }
            else
                return rest.Count == 0 ? x : new Comparison(x.Line, x, rest);
        }
    }

    static readonly string[][] levels = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]];

    /// <summary>Binary operators, the weakest first; all of them from the left.</summary>
    JinjaExpression Operation(int level)
    {
        if (level == levels.Length)
            return Signed(filters: true);
        var x = Operation(level + 1);
        while (Token.Kind == Operator && levels[level].Contains(Token.Text))
            x = new Binary(Token.Line, tokens[at++].Text, x, Operation(level + 1));
        return x;
    }

    JinjaExpression Signed(bool filters)
    {
        var line = Token.Line;
        JinjaExpression x;
        if (++depth > mostDepth)
            throw Wrong($"at most {mostDepth} nested parts");
        if (Is("-") || Is("+"))
            x = new Unary(line, tokens[at++].Text, Signed(filters: false));
        else
            x = Primary();
        x = Postfix(x);
        depth--;
        return filters ? Filtered(x) : x;
    }

    JinjaExpression Primary()
    {
        var token = Token;
        at++;
        switch (token.Kind)
        {
            case Name:
                if (token.Text is Macro.VarArgs or Macro.KwArgs or Macro.Caller && macros.TryPeek(out var macro))
                    macro.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new Literal(token.Line, true),
                    "false" or "False" => new Literal(token.Line, false),
                    "none" or "None" => new Literal(token.Line, null),
                    _ => new Variable(token.Line, token.Text),
                };
            case Quoted:
                var text = new StringBuilder(token.Text);
                while (Token.Kind == Quoted)
                    text.Append(tokens[at++].Text);
                return new Literal(token.Line, text.ToString());
            case Whole:
                return new Literal(token.Line,
                    long.TryParse(token.Text, CultureInfo.InvariantCulture, out var n) ? n
                    : throw new JinjaException(name, token.Line, $"found the number {token.Text}; expected one of 64 bits"));
            case Real:
                return new Literal(token.Line, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case Operator when token.Text == "(":
                {
                    var items = new List<JinjaExpression>();
                    var comma = false;
                    while (!Accept(")"))
                    {
                        if (items.Count > 0)
                        {
                            TakeOperator(",");
                            comma = true;
                            if (Accept(")"))
                                break;
                        }
                        items.Add(Expression());
                    }
                    return items.Count == 1 && !comma ? items[0] : new ListLiteral(token.Line, items, isTuple: true);
                }
            case Operator when token.Text == "[":
                {
                    var items = new List<JinjaExpression>();
                    while (!Accept("]"))
                    {
                        if (items.Count > 0)
                        {
                            TakeOperator(",");
                            if (Accept("]"))
                                break;
                        }
                        items.Add(Expression());
                    }
                    return new ListLiteral(token.Line, items, isTuple: false);
                }
            case Operator when token.Text == "{":
                {
                    var items = new List<(JinjaExpression, JinjaExpression)>();
                    while (!Accept("}"))
                    {
                        if (items.Count > 0)
                        {
                            TakeOperator(",");
                            if (Accept("}"))
                                break;
                        }
                        var key = Expression();
                        TakeOperator(":");
                        items.Add((key, Expression()));
                    }
                    return new DictLiteral(token.Line, items);
                }
            default:
                at--;
                throw Wrong("a value");
        }
    }

    /// <summary>.name, [key], [a:b:c] and (arguments), as many as follow.</summary>
    JinjaExpression Postfix(JinjaExpression x)
    {
        while (true)
        {
            var line = Token.Line;
            if (Accept("."))
                x = Token.Kind == Whole ? new Index(line, x, Primary()) : new Attribute(line, x, TakeName("an attribute"));
            else if (Accept("["))
                x = Subscript(line, x);
            else if (Is("("))
                x = new Call(line, x, CallArguments());
            else
                return x;
        }
    }

    JinjaExpression Subscript(int line, JinjaExpression x)
    {
        var first = Is(":") ? null : Expressions();
        if (!Accept(":"))
        {
            TakeOperator("]");
            return new Index(line, x, first!);
        }
        var second = Is(":") || Is("]") ? null : Expression();
        var third = Accept(":") && !Is("]") ? Expression() : null;
        TakeOperator("]");
        return new Slice(line, x, first, second, third);
    }

    /// <summary>| filter and is test, as many as follow.</summary>
    JinjaExpression Filtered(JinjaExpression x)
    {
        while (true)
        {
            if (Accept("|"))
                x = FilterAfterName(x, TakeName("a filter"));
            else if (AcceptName("is"))
                x = TestAfterIs(x);
            else if (Is("("))
                x = new Call(Token.Line, x, CallArguments());
            else
                return x;
        }
    }

    Filter FilterAfterName(JinjaExpression? x, string filter)
    {
        Known("filters", filter, JinjaFilters.Names);
        return new Filter(tokens[at - 1].Line, x, filter, Is("(") ? CallArguments() : Arguments.None);
    }

    Test TestAfterIs(JinjaExpression x)
    {
        var line = Token.Line;
        var negated = AcceptName("not");
        var test = TakeName("a test");
        Known("tests", test, JinjaTests.Names);
        if (Is("("))
            return new Test(line, x, test, CallArguments(), negated);
        var argument = Token.Kind is Quoted or Whole or Real
            || (Token.Kind == Name && Token.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not")) || Is("[") || Is("{");
        return new Test(line, x, test, argument ? new Arguments([Postfix(Primary())], []) : Arguments.None, negated);
    }

    /// <summary>Records an unknown filter or test. Jinja reports it at once, but inside a branch only when it is reached.</summary>
    void Known(string kind, string word, IReadOnlySet<string> names)
    {
        if (branches == 0 && !names.Contains(word))
            unknown ??= new JinjaException(name, tokens[at - 1].Line,
                $"found {word}; expected one of the {kind} {string.Join(", ", names.Order(StringComparer.Ordinal))}");
    }

    Arguments CallArguments()
    {
        var arguments = new Arguments([], []);
        TakeOperator("(");
        while (!Accept(")"))
        {
            if (arguments.Positional.Count + arguments.Named.Count > 0)
            {
                TakeOperator(",");
                if (Accept(")"))
                    break;
            }
            if (Token.Kind == Name && tokens[at + 1] is { Kind: Operator, Text: "=" })
            {
                var parameter = TakeName("a name");
                at++;
                arguments.Named.Add((parameter, Expression()));
            }
            else if (arguments.Named.Count > 0)
                throw Wrong("a named argument after a named one");
            else
                arguments.Positional.Add(Expression());
        }
        return arguments;
    }

    bool Is(string op) => Token.Kind == Operator && Token.Text == op;

    bool Accept(string op)
    {
        var found = Is(op);
        at += found ? 1 : 0;
        return found;
    }

    bool AcceptName(string word)
    {
        var found = Token.Kind == Name && Token.Text == word;
        at += found ? 1 : 0;
        return found;
    }

    void TakeOperator(string op)
    {
        if (!Accept(op))
            throw Wrong(op);
    }

    string TakeName(string expected) => Token.Kind == Name ? tokens[at++].Text : throw Wrong(expected);

    void Take(JinjaTokenKind kind, string expected)
    {
        if (Token.Kind != kind)
            throw Wrong(expected);
        at++;
    }

    void CloseBlock() => Take(BlockEnd, "%}");

    JinjaException Wrong(string expected)
    {
        var found = Token.Kind switch
        {
            JinjaTokenKind.End => "the end of the template",
            Plain => "text",
            PrintStart => "{{",
            PrintEnd => "}}",
            BlockStart => tokens[at + 1].Kind == Name ? $"{{% {tokens[at + 1].Text}" : "{%",
            BlockEnd => "%}",
            Quoted => JinjaValue.Shown(Token.Text),
            _ => Token.Text,
        };
        return new JinjaException(name, Token.Line, $"found {found}; expected {expected}");
    }
}
