using System.Text.Json;

namespace Nonet.Text.Jinja;

/// <summary>
/// A template in the subset of Jinja that chat templates use. It is rendered within limits and without access to anything outside: values
/// are numbers, texts, lists and dictionaries. https://jinja.palletsprojects.com/en/stable/templates/, with the settings and additions of
/// transformers.
/// </summary>
sealed class JinjaTemplate
{
    const int MostCharacters = 1 << 20;

    readonly string name;
    readonly JinjaLimits limits;
    readonly Block body;

    JinjaTemplate(string name, string source, JinjaLimits limits)
    {
        (this.name, Source, this.limits) = (name, source, limits);
        if (source.Length > MostCharacters)
            throw new JinjaException(name, 1, $"found a template of {source.Length} characters; expected at most {MostCharacters}");
        var parser = new JinjaParser(name, new JinjaLexer(name, source).Read(), limits.Depth);
        body = parser.Parse();
        MarksGeneration = parser.MarksGeneration;
    }

    /// <summary>Whether the template marks the assistant's text with {% generation %}.</summary>
    public bool MarksGeneration { get; }

    /// <summary>The source.</summary>
    public string Source { get; }

    /// <summary>Parses a template. Throws a <see cref="JinjaException"/> with the place of an error.</summary>
    /// <param name="source">The template.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="limits">Limits of a rendering.</param>
    public static JinjaTemplate Parse(string source, string name = "template", JinjaLimits? limits = null) => new(name, source, limits ?? new JinjaLimits());

    /// <summary>Renders the template. Throws a <see cref="JinjaException"/> if the template has an error or raises one.</summary>
    /// <param name="variables">A JSON object.</param>
    /// <param name="time">Clock for strftime_now.</param>
    public string Render(JsonElement variables, TimeProvider? time = null) => RenderMarked(variables, time).Text;

    /// <summary>Renders the template with further variables, which replace those of the same name.</summary>
    public string Render(JsonElement variables, ReadOnlySpan<(string Name, JsonElement Value)> more) => Run(variables, more, TimeProvider.System).Text;

    /// <summary>Renders the template, and returns the ranges of the text that it marks with {% generation %}.</summary>
    public (string Text, IReadOnlyList<(int Start, int End)> Generated) RenderMarked(JsonElement variables, TimeProvider? time = null) =>
        Run(variables, [], time ?? TimeProvider.System);

    (string Text, IReadOnlyList<(int Start, int End)> Generated) Run(
        JsonElement variables, ReadOnlySpan<(string Name, JsonElement Value)> more, TimeProvider time)
    {
        var context = new JinjaContext(name, limits);
        JinjaFunctions.AddTo(context.Scope, time);
        context.Scope = new JinjaScope(context.Scope);
        foreach (var (given, value) in more)
            context.Scope[given] = FromJson(context, value);
        foreach (var variable in variables.EnumerateObject())
        {
            if (!Has(more, variable.Name))
                context.Scope[variable.Name] = FromJson(context, variable.Value);
        }
        try
        {
            body.Run(context);
        }
        catch (InsufficientExecutionStackException)
        {
            throw context.Wrong("parts of the template are nested too deeply");
        }
        return (context.Output.ToString(), context.Generated);
    }

    static bool Has(ReadOnlySpan<(string Name, JsonElement Value)> variables, string name)
    {
        foreach (var (given, _) in variables)
        {
            if (given == name)
                return true;
        }
        return false;
    }

    static object? FromJson(JinjaContext context, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                var text = value.GetString()!;
                context.Give(text.Length);
                return text;
            case JsonValueKind.True or JsonValueKind.False:
                return value.ValueKind == JsonValueKind.True;
            case JsonValueKind.Number:
                return value.TryGetInt64(out var n) ? (object)n : value.GetDouble();
            case JsonValueKind.Array:
                var list = JinjaList.Given(value.EnumerateArray().Select(item => FromJson(context, item)));
                context.Give(list.Items.Count);
                return list;
            case JsonValueKind.Object:
                var dict = new JinjaDict(context, given: true);
                foreach (var property in value.EnumerateObject())
                {
                    context.Give(property.Name.Length);
                    dict[property.Name] = FromJson(context, property.Value);
                }
                return dict;
            default:
                return null;
        }
    }
}
