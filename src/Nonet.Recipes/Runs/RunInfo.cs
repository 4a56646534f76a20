using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Training;

namespace Nonet.Recipes.Runs;

/// <summary>run.json: what a run was started with.</summary>
/// <param name="Options">What determines the result.</param>
/// <param name="Model">In words: kind and shape.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Started">Time, UTC.</param>
/// <param name="Commit">The git commit it was started from, where there is one.</param>
public sealed record RunInfo(JsonObject Options, string Model, long Parameters, string Started, string? Commit)
{
    internal const string FileName = "run.json";

    /// <summary>What its losses are measured in.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Steps to make; 0 if the options do not say.</summary>
    internal int Steps => Options["steps"] is JsonValue value && value.TryGetValue(out int steps) ? steps : 0;

    /// <summary>Of a run that starts now.</summary>
    public static RunInfo Now(JsonObject options, string model, long parameters) =>
        new((JsonObject)options.DeepClone(), model, parameters, DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), GitCommit.Of(Directory.GetCurrentDirectory()));

    /// <summary>Of the run in a folder; null where there is none.</summary>
    public static RunInfo? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            var run = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
            if (run?["options"] is JsonObject recorded)
                OptionDifferences.Flatten(recorded); // reads every text, so that a damaged one is named here
            return run?["options"] is JsonObject options ? new RunInfo(options, (string?)run["model"] ?? "", (long?)run["params"] ?? 0, (string?)run["started"] ?? "", (string?)run["git_commit"])
            {
                Unit = (string?)run["loss_unit"] ?? LossUnit.NatsPerToken,
            }
                : throw new RunFolderException($"{path}: found no object 'options'; expected the description of a run");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new RunFolderException($"{path}: {e.Message}; expected the description of a run");
        }
    }

    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WritePropertyName("options");
        Options.WriteTo(json);
        json.WriteString("model", Model);
        json.WriteNumber("params", Parameters);
        json.WriteString("loss_unit", Unit);
        json.WriteString("started", Started);
        if (Commit is not null)
            json.WriteString("git_commit", Commit);
        json.WriteEndObject();
    });
}
