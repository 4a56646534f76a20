using System.Text.Json;

namespace Nonet.Text.Jinja;

/// <summary>
/// A template in the part of Jinja that chat templates use, rendered within limits and without reaching anything outside: values are numbers, texts, lists and dictionaries, and nothing else
/// can be named. https://jinja.palletsprojects.com/en/stable/templates/, with the settings and additions of transformers.
/// </summary>
public sealed class JinjaTemplate
{
    const int MostCharacters = 1 << 20;

    readonly string name;
    readonly JinjaLimits limits;
    readonly Block body;

    JinjaTemplate(string name, string source, JinjaLimits limits)
    {
        (this.name, this.limits) = (name, limits);
        if (source.Length > MostCharacters)
            throw new JinjaException(name, 1, $"found a template of {source.Length} characters; expected at most {MostCharacters}");
        body = new JinjaParser(name, new JinjaLexer(name, source).Read(), limits.Depth).Parse();
    }

    /// <summary>Reads a template. Throws a <see cref="JinjaException"/> that says where it is wrong.</summary>
    /// <param name="source">The template.</param>
    /// <param name="name">For messages.</param>
    /// <param name="limits">What a rendering may cost.</param>
    public static JinjaTemplate Parse(string source, string name = "template", JinjaLimits? limits = null) => new(name, source, limits ?? new JinjaLimits());

    /// <summary>The text for some variables. Throws a <see cref="JinjaException"/>: an error of the template, or one that it raises.</summary>
    /// <param name="variables">A JSON object.</param>
    /// <param name="time">What strftime_now tells.</param>
    public string Render(JsonElement variables, TimeProvider? time = null)
    {
        var context = new JinjaContext(name, limits);
        JinjaFunctions.AddTo(context.Scope, time ?? TimeProvider.System);
        context.Scope = new JinjaScope(context.Scope);
        foreach (var variable in variables.EnumerateObject())
            context.Scope[variable.Name] = FromJson(variable.Value);
        JinjaValue.AllowComparisons(limits.Steps);
        try
        {
            body.Run(context);
        }
        catch (InsufficientExecutionStackException)
        {
            throw context.Wrong("parts or values within each other, too deep or too many");
        }
        return context.Output.ToString();
    }

    static object? FromJson(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out var n) ? (object)n : value.GetDouble(),
        JsonValueKind.Array => new JinjaList(value.EnumerateArray().Select(FromJson)),
        JsonValueKind.Object => Dictionary(value),
        _ => null,
    };

    static JinjaDict Dictionary(JsonElement value)
    {
        var dict = new JinjaDict();
        foreach (var property in value.EnumerateObject())
            dict[property.Name] = FromJson(property.Value);
        return dict;
    }
}
