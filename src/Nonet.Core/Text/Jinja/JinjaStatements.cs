using System.Runtime.CompilerServices;

namespace Nonet.Text.Jinja;

/// <summary>How a statement ended.</summary>
enum Flow { Next, Break, Continue }

/// <summary>A part of a template that writes or sets.</summary>
abstract class JinjaStatement(int line)
{
    public int Line { get; } = line;

    public Flow Run(JinjaContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        context.Line = Line;
        context.Spend();
        return Execute(context);
    }

    protected abstract Flow Execute(JinjaContext context);
}

sealed class Block(int line, List<JinjaStatement> statements) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        foreach (var statement in statements)
        {
            if (statement.Run(context) is var flow && flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }
}

/// <summary>Text of the assistant, as transformers marks it.</summary>
sealed class Generation(int line, Block body) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        var start = context.Output.Length;
        var flow = body.Run(context);
        context.MarkGenerated(start);
        return flow;
    }
}

sealed class PlainText(int line, string text) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        context.Write(text);
        return Flow.Next;
    }
}

sealed class Print(JinjaExpression expression) : JinjaStatement(expression.Line)
{
    protected override Flow Execute(JinjaContext context)
    {
        context.Write(JinjaOperations.Text(context, context.Defined(expression.Evaluate(context))));
        return Flow.Next;
    }
}

sealed class If(int line, List<(JinjaExpression Condition, Block Body)> branches, Block? otherwise) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        foreach (var (condition, body) in branches)
        {
            if (context.IsTrue(condition.Evaluate(context)))
                return body.Run(context);
        }
        return otherwise?.Run(context) ?? Flow.Next;
    }
}

sealed class For(int line, List<string> names, JinjaExpression source, JinjaExpression? filter, Block body, Block? otherwise) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        var over = context.Defined(source.Evaluate(context));
        var all = JinjaValue.Iterate(over) ?? throw context.Wrong($"found a loop over {JinjaValue.Kind(over)}; expected a list, a dictionary or a string");
        var outer = context.Scope;
        var items = over is JinjaList given ? given.Items : new JinjaList(context, all).Items;
        if (filter is not null)
        {
            items = new JinjaList(context, items.Where(item =>
            {
                var wanted = false;
                context.In(new JinjaScope(outer), () =>
                {
                    Bind(context, item);
                    wanted = JinjaValue.IsTrue(filter.Evaluate(context));
                });
                return wanted;
            })).Items;
        }
        if (items.Count == 0)
        {
            if (otherwise is not null)
                context.In(new JinjaScope(outer), () => otherwise.Run(context));
            return Flow.Next;
        }
        var loop = new JinjaLoop(items);
        for (loop.Index = 0; loop.Index < items.Count; loop.Index++)
        {
            var flow = Flow.Next;
            context.In(new JinjaScope(outer), () =>
            {
                context.Scope["loop"] = loop;
                Bind(context, items[loop.Index]);
                flow = body.Run(context);
            });
            if (flow == Flow.Break)
                break;
        }
        return Flow.Next;
    }

    void Bind(JinjaContext context, object? item) => Assignment.Unpack(context, names, item);
}

/// <summary>The variable loop.</summary>
sealed class JinjaLoop(List<object?> items)
{
    JinjaList? before; // last arguments of changed()

    public int Index { get; set; }

    public object? this[JinjaContext context, string name] => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)items.Count - Index,
        "revindex0" => items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => 1L, // counts recursion, which is not supported
        "depth0" => 0L,
        "previtem" => Index > 0 ? items[Index - 1] : new Undefined("loop.previtem"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("loop.nextitem"),
        "cycle" => (JinjaFunction)((_, values, _) =>
            values.Count > 0 ? values[Index % values.Count] : throw context.Wrong("found loop.cycle without values; expected some")),
        "changed" => (JinjaFunction)((_, values, _) =>
        {
            var now = new JinjaList(context, values);
            var differs = before is null || !JinjaValue.Equal(context, before, now);
            before = now;
            return differs;
        }),
        _ => throw context.Wrong(
            $"found loop.{name}; expected index, index0, revindex, revindex0, first, last, length, previtem, nextitem, cycle, changed, depth or depth0"),
    };
}

/// <summary>set a = x, set a, b = x, set ns.a = x; or the text of a block.</summary>
sealed class Assignment(int line, List<string> names, string? attribute, JinjaExpression? value, Block? body, List<Filter> filters) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        var x = value is not null ? value.Evaluate(context) : Caught(context);
        if (attribute is null)
            Unpack(context, names, x);
        else if (context.Scope[names[0]] is JinjaNamespace space)
            space.Values[attribute] = x;
        else
            throw context.Wrong($"found set {names[0]}.{attribute} = ...; only a namespace's attributes can be set");
        return Flow.Next;
    }

    object? Caught(JinjaContext context)
    {
        object? x = context.Catch(() => context.In(new JinjaScope(context.Scope), () => body!.Run(context)));
        foreach (var filter in filters)
            x = filter.Apply(context, x);
        return x;
    }

    public static void Unpack(JinjaContext context, List<string> names, object? x)
    {
        if (names.Count == 1)
        {
            context.Scope[names[0]] = x;
            return;
        }
        var values = JinjaValue.Iterate(x)?.ToArray();
        if (values?.Length != names.Count)
            throw context.Wrong($"found {(values is null ? JinjaValue.Kind(x) : $"{values.Length} values")} for {string.Join(", ", names)}; expected "
                + $"{names.Count} values");
        foreach (var (name, value) in names.Zip(values))
            context.Scope[name] = value;
    }
}

sealed class With(int line, List<(string Name, JinjaExpression Value)> variables, Block body) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        var scope = new JinjaScope(context.Scope);
        foreach (var (name, value) in variables)
            scope[name] = value.Evaluate(context);
        var flow = Flow.Next;
        context.In(scope, () => flow = body.Run(context));
        return flow;
    }
}

/// <param name="line">Line of its definition.</param>
/// <param name="name">Name of the macro.</param>
/// <param name="parameters">Names and default values of the parameters.</param>
/// <param name="body">Statements of the macro.</param>
/// <param name="extra">Which of varargs, kwargs and caller the body uses. Only these allow arguments without a parameter.</param>
sealed class Macro(int line, string name, List<(string Name, JinjaExpression? Default)> parameters, Block body, IReadOnlySet<string> extra)
    : JinjaStatement(line)
{
    public const string VarArgs = "varargs", KwArgs = "kwargs", Caller = "caller";

    protected override Flow Execute(JinjaContext context)
    {
        context.Scope[name] = Make(context.Scope);
        return Flow.Next;
    }

    /// <summary>Creates the function, which can read the variables around its definition.</summary>
    public JinjaFunction Make(JinjaScope defined) => (context, positional, named) =>
    {
        var scope = new JinjaScope(defined);
        if (positional.Count > parameters.Count && !extra.Contains(VarArgs))
            throw context.Wrong($"found {positional.Count} arguments for macro {name}; expected at most {parameters.Count}");
        var unknown = named.Where(v => v.Key != Caller && !parameters.Exists(p => p.Name == v.Key)).ToDictionary(StringComparer.Ordinal);
        if (unknown.Count > 0 && !extra.Contains(KwArgs))
            throw context.Wrong($"found the argument {unknown.Keys.First()} for macro {name}; expected {string.Join(", ", parameters.Select(p => p.Name))}");
        if (named.TryGetValue(Caller, out var caller))
            scope[Caller] = caller;
        if (extra.Contains(VarArgs))
            scope[VarArgs] = new JinjaList(context, positional.Skip(parameters.Count), isTuple: true);
        if (extra.Contains(KwArgs))
            scope[KwArgs] = JinjaFunctions.Dictionary(context, unknown);
        return context.Catch(() => context.In(scope, () =>
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                var (parameter, otherwise) = parameters[i];
                scope[parameter] = i < positional.Count ? positional[i] : named.TryGetValue(parameter, out var value) ? value
                    : otherwise is null ? new Undefined(parameter) : otherwise.Evaluate(context);
            }
            body.Run(context);
        }));
    };
}

/// <summary>{% call macro(...) %}text{% endcall %}: the text is the macro's caller().</summary>
sealed class CallBlock(int line, Macro caller, Call call) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        context.Write(JinjaOperations.Text(context, call.Invoke(context, caller.Make(context.Scope))));
        return Flow.Next;
    }
}

sealed class FilterBlock(int line, List<Filter> filters, Block body) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context)
    {
        object? x = context.Catch(() => context.In(new JinjaScope(context.Scope), () => body.Run(context)));
        foreach (var filter in filters)
            x = filter.Apply(context, x);
        context.Write(JinjaOperations.Text(context, x));
        return Flow.Next;
    }
}

sealed class Jump(int line, Flow flow) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context) => flow;
}

/// <summary>A statement that would load another template. It throws when it runs.</summary>
sealed class OtherTemplate(int line, string word) : JinjaStatement(line)
{
    protected override Flow Execute(JinjaContext context) => throw context.Wrong($"found {word}, which loads another template; a chat template stands alone");
}
