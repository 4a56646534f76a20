using System.Runtime.CompilerServices;

namespace Nonet.Text.Jinja;

/// <summary>A part of a template that has a value.</summary>
abstract class JinjaExpression(int line)
{
    public int Line { get; } = line;

    public object? Evaluate(JinjaContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        context.Line = Line;
        context.Spend();
        return Value(context);
    }

    protected abstract object? Value(JinjaContext context);
}

sealed class Literal(int line, object? value) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => value;
}

sealed class Variable(int line, string name) : JinjaExpression(line)
{
    public string Name => name;
    protected override object? Value(JinjaContext context) => context.Scope[name];
}

sealed class ListLiteral(int line, List<JinjaExpression> items, bool isTuple) : JinjaExpression(line)
{
    public List<JinjaExpression> Items => items;
    protected override object? Value(JinjaContext context) => new JinjaList(context, items.Select(i => i.Evaluate(context)), isTuple);
}

sealed class DictLiteral(int line, List<(JinjaExpression Key, JinjaExpression Value)> items) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context)
    {
        var dict = new JinjaDict(context);
        foreach (var (key, value) in items)
            dict[JinjaOperations.Key(context, key.Evaluate(context))] = value.Evaluate(context);
        return dict;
    }
}

/// <summary>left and right, left or right: the value of one of them.</summary>
sealed class Logical(int line, bool isAnd, JinjaExpression left, JinjaExpression right) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => left.Evaluate(context) is var x && JinjaValue.IsTrue(x) == isAnd ? right.Evaluate(context) : x;
}

sealed class Not(int line, JinjaExpression inner) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => !JinjaValue.IsTrue(inner.Evaluate(context));
}

sealed class Unary(int line, string op, JinjaExpression inner) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context)
    {
        var x = inner.Evaluate(context);
        return x switch
        {
            bool or long => op == "-" ? JinjaOperations.Whole(context, () => checked(-JinjaValue.Whole(x))) : JinjaValue.Whole(x),
            double d => op == "-" ? -d : d,
            _ => throw context.Wrong($"found {op} before {JinjaValue.Kind(x)}; expected a number"),
        };
    }
}

sealed class Binary(int line, string op, JinjaExpression left, JinjaExpression right) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context)
    {
        var (x, y) = (left.Evaluate(context), right.Evaluate(context));
        context.Line = Line;
        return JinjaOperations.Apply(context, op, x, y);
    }
}

/// <summary>a &lt; b &lt;= c: compares each pair of neighbours in turn.</summary>
sealed class Comparison(int line, JinjaExpression first, List<(string Op, JinjaExpression Operand)> rest) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context)
    {
        var x = first.Evaluate(context);
        foreach (var (op, operand) in rest)
        {
            var y = operand.Evaluate(context);
            if (!JinjaOperations.Compare(context, op, x, y))
                return false;
            x = y;
        }
        return true;
    }
}

sealed class Conditional(int line, JinjaExpression condition, JinjaExpression then, JinjaExpression? otherwise) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) =>
        context.IsTrue(condition.Evaluate(context)) ? then.Evaluate(context) : otherwise is null ? new Undefined("the value of an if without else")
        : otherwise.Evaluate(context);
}

sealed class Attribute(int line, JinjaExpression target, string name) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => JinjaOperations.Attribute(context, target.Evaluate(context), name);
}

sealed class Index(int line, JinjaExpression target, JinjaExpression key) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => JinjaOperations.Item(context, target.Evaluate(context), key.Evaluate(context));
}

sealed class Slice(int line, JinjaExpression target, JinjaExpression? from, JinjaExpression? to, JinjaExpression? step) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) =>
        JinjaOperations.Slice(context, target.Evaluate(context), from?.Evaluate(context), to?.Evaluate(context), step?.Evaluate(context));
}

/// <summary>Positional and named arguments.</summary>
sealed record Arguments(List<JinjaExpression> Positional, List<(string Name, JinjaExpression Value)> Named)
{
    public static readonly Arguments None = new([], []);

    public (List<object?>, Dictionary<string, object?>) Evaluate(JinjaContext context)
    {
        List<object?> positional = [.. Positional.Select(a => a.Evaluate(context))];
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in Named)
            named[name] = value.Evaluate(context);
        return (positional, named);
    }
}

sealed class Call(int line, JinjaExpression target, Arguments arguments) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => Invoke(context, null);

    /// <summary>Calls the function. In a call block, <paramref name="caller"/> is the macro's caller().</summary>
    public object? Invoke(JinjaContext context, JinjaFunction? caller)
    {
        var called = target.Evaluate(context);
        var function = called as JinjaFunction ?? throw context.Wrong($"found a call of {JinjaValue.Kind(called)}; expected a function or macro");
        var (positional, named) = arguments.Evaluate(context);
        if (caller is not null)
            named["caller"] = caller;
        context.Line = Line;
        return JinjaFunctions.Paid(context, null, positional, named, () => function(context, positional, named));
    }
}

/// <summary>x | name(...). An unknown name is an error when it runs; outside of conditional parts the parser has already rejected it.</summary>
sealed class Filter(int line, JinjaExpression? target, string name, Arguments arguments) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context) => Apply(context, target!.Evaluate(context));

    public object? Apply(JinjaContext context, object? x)
    {
        var (positional, named) = arguments.Evaluate(context);
        context.Line = Line;
        return JinjaFilters.Apply(context, name, x, positional, named);
    }
}

sealed class Test(int line, JinjaExpression target, string name, Arguments arguments, bool negated) : JinjaExpression(line)
{
    protected override object? Value(JinjaContext context)
    {
        var (x, (positional, _)) = (target.Evaluate(context), arguments.Evaluate(context));
        context.Line = Line;
        return JinjaTests.Apply(context, name, x, positional) != negated;
    }
}
