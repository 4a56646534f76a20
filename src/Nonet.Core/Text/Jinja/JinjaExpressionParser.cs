using System.Globalization;
using System.Text;
using static Nonet.Text.Jinja.JinjaTokenKind;

namespace Nonet.Text.Jinja;

/// <summary>
/// Parses expressions. Precedence as in Jinja: or, and, not, comparison, + -, ~, * / // %, **, sign, filter and test.
/// </summary>
sealed class JinjaExpressionParser(string name, JinjaCursor cursor)
{
    readonly Stack<HashSet<string>> macros = new(); // for each enclosing macro: which of varargs, kwargs and caller its body uses
    int branches;

    /// <summary>The first unknown filter or test outside of branches; null: none.</summary>
    public JinjaException? Unknown { get; private set; }

    /// <summary>Begins a conditional part, in which an unknown filter is an error only when it runs.</summary>
    public void EnterBranch() => branches++;

    /// <summary>Ends a conditional part.</summary>
    public void LeaveBranch() => branches--;

    /// <summary>Begins the body of a macro.</summary>
    public void EnterMacro() => macros.Push(new(StringComparer.Ordinal));

    /// <summary>Ends the body of a macro.</summary>
    /// <returns>Which of varargs, kwargs and caller the body uses.</returns>
    public HashSet<string> LeaveMacro()
    {
        var extra = macros.Pop();
        if (macros.TryPeek(out var outer))
            outer.UnionWith(extra);
        return extra;
    }

    /// <summary>Parses one expression, or several separated by commas as a tuple.</summary>
    public JinjaExpression Expressions(bool conditional = true)
    {
        var line = cursor.Token.Line;
        var first = Expression(conditional);
        if (!cursor.Is(","))
            return first;
        var items = new List<JinjaExpression> { first };
        while (cursor.Accept(",") && cursor.Token.Kind is not (PrintEnd or BlockEnd))
            items.Add(Expression(conditional));
        return new ListLiteral(line, items, isTuple: true);
    }

    /// <summary>Parses one expression.</summary>
    /// <param name="conditional">Whether it may be x if y else z.</param>
    public JinjaExpression Expression(bool conditional = true)
    {
        cursor.Enter();
        var first = Unknown;
        var x = Or();
        if (conditional && cursor.Token is { Kind: Name, Text: "if" })
            Unknown = first; // the part before an if is conditional
        while (conditional && cursor.AcceptName("if"))
        {
            branches++;
            var condition = Or();
            x = new Conditional(x.Line, condition, x, cursor.AcceptName("else") ? Expression() : null);
            branches--;
        }
        cursor.Leave();
        return x;
    }

    JinjaExpression Or()
    {
        var x = And();
        while (cursor.AcceptName("or"))
            x = new Logical(x.Line, false, x, And());
        return x;
    }

    JinjaExpression And()
    {
        var x = Negation();
        while (cursor.AcceptName("and"))
            x = new Logical(x.Line, true, x, Negation());
        return x;
    }

    JinjaExpression Negation()
    {
        var line = cursor.Token.Line;
        if (!cursor.AcceptName("not"))
            return Compared();
        cursor.Enter();
        var x = new Not(line, Negation());
        cursor.Leave();
        return x;
    }

    JinjaExpression Compared()
    {
        var x = Operation(0);
        var rest = new List<(string, JinjaExpression)>();
        while (true)
        {
            if (cursor.Token.Kind == Operator && cursor.Token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
                rest.Add((cursor.Next().Text, Operation(0)));
            else if (cursor.AcceptName("in"))
                rest.Add(("in", Operation(0)));
            else if (cursor.Token is { Kind: Name, Text: "not" } && cursor.Following is { Kind: Name, Text: "in" })
            {
                cursor.Next();
                cursor.Next();
                rest.Add(("not in", Operation(0)));
            }
            else
                return rest.Count == 0 ? x : new Comparison(x.Line, x, rest);
        }
    }

    static readonly string[][] levels = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]];

    /// <summary>Parses binary operators from the weakest to the strongest; all are left-associative.</summary>
    JinjaExpression Operation(int level)
    {
        if (level == levels.Length)
            return Signed(filters: true);
        var x = Operation(level + 1);
        while (cursor.Token.Kind == Operator && levels[level].Contains(cursor.Token.Text))
            x = new Binary(cursor.Token.Line, cursor.Next().Text, x, Operation(level + 1));
        return x;
    }

    JinjaExpression Signed(bool filters)
    {
        var line = cursor.Token.Line;
        JinjaExpression x;
        cursor.Enter();
        if (cursor.Is("-") || cursor.Is("+"))
            x = new Unary(line, cursor.Next().Text, Signed(filters: false));
        else
            x = Primary();
        x = Postfix(x);
        cursor.Leave();
        return filters ? Filtered(x) : x;
    }

    JinjaExpression Primary()
    {
        var token = cursor.Next();
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
                while (cursor.Token.Kind == Quoted)
                    text.Append(cursor.Next().Text);
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
                    while (!cursor.Accept(")"))
                    {
                        if (items.Count > 0)
                        {
                            cursor.TakeOperator(",");
                            comma = true;
                            if (cursor.Accept(")"))
                                break;
                        }
                        items.Add(Expression());
                    }
                    return items.Count == 1 && !comma ? items[0] : new ListLiteral(token.Line, items, isTuple: true);
                }
            case Operator when token.Text == "[":
                {
                    var items = new List<JinjaExpression>();
                    while (!cursor.Accept("]"))
                    {
                        if (items.Count > 0)
                        {
                            cursor.TakeOperator(",");
                            if (cursor.Accept("]"))
                                break;
                        }
                        items.Add(Expression());
                    }
                    return new ListLiteral(token.Line, items, isTuple: false);
                }
            case Operator when token.Text == "{":
                {
                    var items = new List<(JinjaExpression, JinjaExpression)>();
                    while (!cursor.Accept("}"))
                    {
                        if (items.Count > 0)
                        {
                            cursor.TakeOperator(",");
                            if (cursor.Accept("}"))
                                break;
                        }
                        var key = Expression();
                        cursor.TakeOperator(":");
                        items.Add((key, Expression()));
                    }
                    return new DictLiteral(token.Line, items);
                }
            default:
                cursor.Back();
                throw cursor.Wrong("a value");
        }
    }

    /// <summary>Parses any number of .name, [key], [a:b:c] and (arguments).</summary>
    JinjaExpression Postfix(JinjaExpression x)
    {
        while (true)
        {
            var line = cursor.Token.Line;
            if (cursor.Accept("."))
                x = cursor.Token.Kind == Whole ? new Index(line, x, Primary()) : new Attribute(line, x, cursor.TakeName("an attribute"));
            else if (cursor.Accept("["))
                x = Subscript(line, x);
            else if (cursor.Is("("))
                x = new Call(line, x, CallArguments());
            else
                return x;
        }
    }

    JinjaExpression Subscript(int line, JinjaExpression x)
    {
        var first = cursor.Is(":") ? null : Expressions();
        if (!cursor.Accept(":"))
        {
            cursor.TakeOperator("]");
            return new Index(line, x, first!);
        }
        var second = cursor.Is(":") || cursor.Is("]") ? null : Expression();
        var third = cursor.Accept(":") && !cursor.Is("]") ? Expression() : null;
        cursor.TakeOperator("]");
        return new Slice(line, x, first, second, third);
    }

    /// <summary>Parses any number of filters (after |) and tests (after is).</summary>
    JinjaExpression Filtered(JinjaExpression x)
    {
        while (true)
        {
            if (cursor.Accept("|"))
                x = FilterAfterName(x, cursor.TakeName("a filter"));
            else if (cursor.AcceptName("is"))
                x = TestAfterIs(x);
            else if (cursor.Is("("))
                x = new Call(cursor.Token.Line, x, CallArguments());
            else
                return x;
        }
    }

    /// <summary>Parses a filter after its name.</summary>
    /// <param name="x">Input of the filter; null: the text of a block.</param>
    /// <param name="filter">The name.</param>
    public Filter FilterAfterName(JinjaExpression? x, string filter)
    {
        Known("filters", filter, JinjaFilters.Names);
        return new Filter(cursor.LineBefore, x, filter, cursor.Is("(") ? CallArguments() : Arguments.None);
    }

    Test TestAfterIs(JinjaExpression x)
    {
        var line = cursor.Token.Line;
        var negated = cursor.AcceptName("not");
        var test = cursor.TakeName("a test");
        Known("tests", test, JinjaTests.Names);
        if (cursor.Is("("))
            return new Test(line, x, test, CallArguments(), negated);
        var argument = cursor.Token.Kind is Quoted or Whole or Real
            || (cursor.Token.Kind == Name && cursor.Token.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not")) || cursor.Is("[")
            || cursor.Is("{");
        return new Test(line, x, test, argument ? new Arguments([Postfix(Primary())], []) : Arguments.None, negated);
    }

    /// <summary>Records an unknown filter or test. Like Jinja, reports it at once, but in a conditional part only when it runs.</summary>
    void Known(string kind, string word, IReadOnlySet<string> names)
    {
        if (branches == 0 && !names.Contains(word))
            Unknown ??= new JinjaException(name, cursor.LineBefore,
                $"found {word}; expected one of the {kind} {string.Join(", ", names.Order(StringComparer.Ordinal))}");
    }

    Arguments CallArguments()
    {
        var arguments = new Arguments([], []);
        cursor.TakeOperator("(");
        while (!cursor.Accept(")"))
        {
            if (arguments.Positional.Count + arguments.Named.Count > 0)
            {
                cursor.TakeOperator(",");
                if (cursor.Accept(")"))
                    break;
            }
            if (cursor.Token.Kind == Name && cursor.Following is { Kind: Operator, Text: "=" })
            {
                var parameter = cursor.TakeName("a name");
                cursor.Next();
                arguments.Named.Add((parameter, Expression()));
            }
            else if (arguments.Named.Count > 0)
                throw cursor.Wrong("a named argument after a named one");
            else
                arguments.Positional.Add(Expression());
        }
        return arguments;
    }
}
