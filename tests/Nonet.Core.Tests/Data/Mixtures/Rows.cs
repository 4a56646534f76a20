using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>Small tasks and mixtures in memory.</summary>
static class Rows
{
    public static TaskRow Row(string input, string target, string? rationale = null, params string[] options) =>
        new() { Input = input, Targets = [target], Rationale = rationale, Options = options, Place = new ExamplePlace("rows", input) };

    public static MixtureTask Task(string name, int rows, string cluster = "open", string? dataset = null, bool reasons = false,
        params PromptTemplate[] templates) => new()
        {
            Name = name,
            Cluster = cluster,
            Dataset = dataset ?? name,
            Definition = $"Do {name}.",
            Rows = [.. Enumerable.Range(0, rows).Select(i => Row($"{name} {i}", $"answer {i} of {name}", reasons ? $"because of {i}." : null))],
            Templates = templates.Length > 0 ? templates : MixtureReader.Templates(TemplateFamily.Instructions),
        };

    /// <summary>A sub-mixture whose tasks are given beside it.</summary>
    public static SubmixtureOptions Sub(string name, double? weight = null, int? cap = null) =>
        new() { Name = name, Weight = weight, Cap = cap, Sources = [new SymbolTaskSource()] };

    public static MixtureOptions Options(params SubmixtureOptions[] submixtures) => new() { Name = "test", Submixtures = submixtures };
}
