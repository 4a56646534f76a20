using System.Text.Json;

namespace Nonet.Data.Mixtures;

/// <summary>Labels and blanks around the parts of a prompt.</summary>
/// <param name="Head">Between the instruction and what follows it.</param>
/// <param name="Input">Before a question.</param>
/// <param name="Between">Between a question and the label of its answer.</param>
/// <param name="Target">Before an answer.</param>
/// <param name="Separator">Between exemplars.</param>
sealed record PromptStyle(string Head, string Input, string Between, string Target, string Separator);

/// <summary>How answer options are listed.</summary>
/// <param name="Head">The line before them.</param>
/// <param name="Lettered">Whether each has a letter instead of a dash.</param>
sealed record OptionStyle(string Head, bool Lettered)
{
    public string List(IReadOnlyList<string> options) =>
        $"{Head}{string.Concat(options.Select((o, i) => $"\n{(Lettered ? $"({(char)('A' + i)})" : "-")} {o}"))}";
}

/// <summary>The built-in templates and delimiters: templates.json beside this file.</summary>
static class TemplateLibrary
{
    static readonly Lazy<Content> content = new(Read);

    /// <summary>Labels and blanks that are drawn for each example.</summary>
    public static IReadOnlyList<PromptStyle> Styles => content.Value.Styles;

    /// <summary>Lists of answer options.</summary>
    public static IReadOnlyList<OptionStyle> Options => content.Value.Options;

    /// <summary>Sentences that ask for the reasoning.</summary>
    public static IReadOnlyList<string> Cues => content.Value.Cues;

    /// <summary>The templates of a family.</summary>
    public static IReadOnlyList<PromptTemplate> Of(TemplateFamily family) => content.Value.Families[family];

    sealed record Content(Dictionary<TemplateFamily, PromptTemplate[]> Families, PromptStyle[] Styles, OptionStyle[] Options, string[] Cues);

    static Content Read()
    {
        using var stream = typeof(TemplateLibrary).Assembly.GetManifestResourceStream("Nonet.Data.Mixtures.templates.json")!;
        using var document = JsonDocument.Parse(stream);
        var root = document.RootElement;
        var families = Enum.GetValues<TemplateFamily>()
            .ToDictionary(f => f, f => root.GetProperty("families").GetProperty(JsonNamingPolicy.SnakeCaseLower.ConvertName(f.ToString())).EnumerateArray()
            .Select(t => new PromptTemplate { Instruction = t.TryGetProperty("instruction", out var instruction) ? instruction.GetString() : null }).ToArray());
        return new Content(
            families,
            [.. root.GetProperty("styles").EnumerateArray()
                .Select(s => new PromptStyle(Text(s, "head"), Text(s, "input"), Text(s, "between"), Text(s, "target"), Text(s, "separator")))],
            [.. root.GetProperty("options").EnumerateArray().Select(o => new OptionStyle(Text(o, "head"), o.GetProperty("lettered").GetBoolean()))],
            [.. root.GetProperty("cues").EnumerateArray().Select(c => c.GetString()!)]);
    }

    static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
