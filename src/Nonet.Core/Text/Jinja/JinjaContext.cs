using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>One rendering: its result, its variables, what it has cost so far.</summary>
sealed class JinjaContext(string template, JinjaLimits limits)
{
    long units;
    int depth;

    /// <summary>The line at which the rendering stands, for messages.</summary>
    public int Line { get; set; }

    /// <summary>Where text goes: the result, or what a macro or block catches.</summary>
    public StringBuilder Output { get; private set; } = new();

    /// <summary>Variables of the innermost scope.</summary>
    public JinjaScope Scope { get; set; } = new(null);

    public JinjaException Wrong(string message) => new(template, Line, message);

    /// <summary>Counts a step, and what an operation handles.</summary>
    public void Spend(long characters = 0)
    {
        units += 64 + characters;
        if (units > 64L * limits.Steps)
            throw Wrong($"the template wants more than {limits.Steps} steps");
    }

    /// <summary>A string that is not too long.</summary>
    public string Checked(string text)
    {
        Spend(text.Length);
        return text.Length <= limits.Length ? text : throw Wrong($"the template makes a string of {text.Length} characters; at most {limits.Length} are allowed");
    }

    public void CheckLength(long characters)
    {
        if (characters > limits.Length)
            throw Wrong($"the template makes a string of {characters} characters; at most {limits.Length} are allowed");
    }

    public void CheckElements(long count)
    {
        if (count > limits.Elements)
            throw Wrong($"the template makes a list of {count} elements; at most {limits.Elements} are allowed");
        Spend(count);
    }

    public void Write(string text)
    {
        CheckLength((long)Output.Length + text.Length);
        Spend(text.Length);
        Output.Append(text);
    }

    /// <summary>What some statements write, caught.</summary>
    public string Catch(Action write)
    {
        var outer = Output;
        Output = new StringBuilder();
        try
        {
            write();
            return Output.ToString();
        }
        finally
        {
            Output = outer;
        }
    }

    /// <summary>Runs something in a scope of its own.</summary>
    public void In(JinjaScope scope, Action run)
    {
        var outer = Scope;
        if (++depth > limits.Depth)
            throw Wrong($"more than {limits.Depth} scopes within each other");
        Scope = scope;
        try
        {
            run();
        }
        finally
        {
            Scope = outer;
            depth--;
        }
    }
}

/// <summary>Variables by name; those of the scopes around are seen, not set.</summary>
sealed class JinjaScope(JinjaScope? outer)
{
    readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    public JinjaScope? Outer => outer;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.values.TryGetValue(name, out var value))
                    return value;
            }
            return new Undefined(name);
        }
        set => values[name] = value;
    }
}
