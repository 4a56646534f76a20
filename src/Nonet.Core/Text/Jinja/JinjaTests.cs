namespace Nonet.Text.Jinja;

/// <summary>Tests: the names after is.</summary>
static class JinjaTests
{
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "iterable", "sequence", "odd", "even",
        "divisibleby", "lower", "upper",
        "callable", "escaped", "filter", "test", "==", "!=", "<", "<=", ">", ">=", "eq", "equalto", "ne", "lt", "lessthan", "le", "gt", "greaterthan", "ge",
        "in", "sameas",
    };

    public static bool Apply(JinjaContext context, string name, object? x, List<object?> arguments)
    {
        context.Handle(x);
        x = name == "escaped" ? x : JinjaValue.Plain(x);
        object? Other() => arguments.Count == 1 ? arguments[0] : throw context.Wrong($"found the test {name} with {arguments.Count} arguments; expected 1");
        long Number() => JinjaValue.IsWhole(x) ? JinjaValue.Whole(x)
            : throw context.Wrong($"found the test {name} of {JinjaValue.Kind(x)}; expected a whole number");
        return name switch
        {
            "defined" => x is not Undefined,
            "undefined" => x is Undefined,
            "none" => x is null,
            "boolean" => x is bool,
            "true" => x is true,
            "false" => x is false,
            "integer" => x is long,
            "float" => x is double,
            "number" => x is long or double or bool,
            "string" => x is string,
            "mapping" => x is JinjaDict,
            "iterable" => x is string or JinjaList or JinjaDict or Undefined,
            "sequence" => x is string or JinjaList or JinjaDict or Undefined,
            "callable" => x is JinjaFunction,
            "odd" => Number() % 2 != 0,
            "even" => Number() % 2 == 0,
            "divisibleby" => Other() is long n and not 0 ? n == -1 || Number() % n == 0
                : throw context.Wrong("found divisibleby without a number other than 0"),
            "lower" => JinjaValue.Text(context, x) is var s && s.Any(char.IsLower) && !s.Any(char.IsUpper),
            "upper" => JinjaValue.Text(context, x) is var s && s.Any(char.IsUpper) && !s.Any(char.IsLower),
            "escaped" => x is JinjaMarkup,
            "filter" => x is string filter && JinjaFilters.Names.Contains(filter),
            "test" => x is string test && Names.Contains(test),
            "eq" or "equalto" or "==" => JinjaValue.Equal(context, x, Other()),
            "ne" or "!=" => !JinjaValue.Equal(context, x, Other()),
            "lt" or "lessthan" or "<" => JinjaOperations.Compare(context, "<", x, Other()),
            "le" or "<=" => JinjaOperations.Compare(context, "<=", x, Other()),
            "gt" or "greaterthan" or ">" => JinjaOperations.Compare(context, ">", x, Other()),
            "ge" or ">=" => JinjaOperations.Compare(context, ">=", x, Other()),
            "in" => JinjaOperations.Contains(context, Other(), x),
            "sameas" => JinjaValue.Plain(Other()) is var y
                && (x is null or bool or long or double or string ? x?.GetType() == y?.GetType() && JinjaValue.Equal(context, x, y) : ReferenceEquals(x, y)),
            _ => throw context.Wrong($"found {name}; expected one of the tests {string.Join(", ", Names.Order(StringComparer.Ordinal))}"),
        };
    }
}
