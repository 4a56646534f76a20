using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Training;

namespace Nonet.Recipes.Runs;

/// <summary>Content of run.json: how a run was started.</summary>
/// <param name="Options">Settings that determine the result.</param>
/// <param name="Model">Kind and shape of the model, as text.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Started">Start time, UTC.</param>
/// <param name="Commit">Git commit from which the run was started; null if unknown.</param>
public sealed record RunInfo(JsonObject Options, string Model, long Parameters, string Started, string? Commit)
{
    internal const string FileName = "run.json";

    /// <summary>Unit of the losses.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Number of steps; 0 if the options do not contain it.</summary>
    internal int Steps => Options["steps"] is JsonValue value && value.TryGetValue(out int steps) ? steps : 0;

    /// <summary>Creates the record of a run that starts now.</summary>
    public static RunInfo Now(JsonObject options, string model, long parameters) =>
        new((JsonObject)options.DeepClone(), model, parameters, DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            GitCommit.Of(Directory.GetCurrentDirectory()));

    /// <summary>Reads the record of a run folder; null if the folder has none.</summary>
    public static RunInfo? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            var run = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
            if (run?["options"] is JsonObject recorded)
                OptionDifferences.Flatten(recorded); // reads every string, so that a damaged one is reported here
            return run?["options"] is JsonObject options
                ? new RunInfo(options, (string?)run["model"] ?? "", (long?)run["params"] ?? 0, (string?)run["started"] ?? "", (string?)run["git_commit"])
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

    /// <summary>Writes run.json to a run folder.</summary>
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
