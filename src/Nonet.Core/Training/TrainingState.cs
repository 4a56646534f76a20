using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Training.Schedules;

namespace Nonet.Training;

/// <summary>
/// State that a resumed run needs besides weights and optimiser state to continue as if it had never stopped: training.json of a
/// checkpoint.
/// </summary>
public sealed record TrainingState
{
    internal const string FileName = "training.json";

    /// <summary>Number of updates so far.</summary>
    public required int Step { get; init; }

    /// <summary>Number of batches so far: the position in the shuffled data.</summary>
    public required long Batches { get; init; }

    /// <summary>Number of tokens that the run has trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>
    /// Seed of initialisation, shuffling and dropout. Together with <see cref="Step"/> it is the whole state of the random numbers.
    /// </summary>
    public required ulong Seed { get; init; }

    /// <summary>
    /// Lowest held-out loss so far and the step of its measurement. If the run has another criterion, the lowest value of that criterion.
    /// </summary>
    public (double Loss, int Step)? Best { get; init; }

    /// <summary>Losses of the last steps, oldest first, for the detection of spikes: see <see cref="LossSpike"/>.</summary>
    public IReadOnlyList<double> RecentLosses { get; init; } = [];

    /// <summary>Transition to a new schedule if the run's number of steps has changed; null: none.</summary>
    public ScheduleJoin? Join { get; init; }

    /// <summary>Options that determine the result. A run can be resumed only with the same options.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>Throws a <see cref="CheckpointException"/> that lists all options that differ.</summary>
    /// <param name="now">Options with which the run would be resumed.</param>
    /// <param name="where">Path of the checkpoint.</param>
    /// <param name="mayDiffer">Options that may have changed because they only determine the length of the run.</param>
    public void CheckOptions(JsonObject now, string where, params IReadOnlyList<string> mayDiffer)
    {
        var differences = OptionDifferences.Between(Options, now, passedOver: mayDiffer);
        if (differences.Count > 0)
        {
            throw new CheckpointException(
                $"{where} was trained with other options; resume with the same, or start a new run:{string.Concat(differences.Select(d => $"\n  {d}"))}");
        }
    }

    internal void Write(string folder)
    {
        using var file = File.Create(Path.Combine(folder, FileName));
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("step", Step);
        json.WriteNumber("batches", Batches);
        json.WriteNumber("tokens", Tokens);
        json.WriteStartObject("random_key");
        json.WriteNumber("seed", Seed);
        json.WriteNumber("step", Step);
        json.WriteEndObject();
        if (Best is { } best)
        {
            json.WriteStartObject("best");
            json.WriteNumber("loss", best.Loss);
            json.WriteNumber("step", best.Step);
            json.WriteEndObject();
        }
        if (RecentLosses.Count > 0)
        {
            json.WriteStartArray("recent_losses");
            foreach (var loss in RecentLosses)
                json.WriteNumberValue(loss);
            json.WriteEndArray();
        }
        if (Join is { } join)
        {
            json.WriteStartObject("schedule_joined");
            json.WriteNumber("step", join.Step);
            json.WriteNumber("rate", join.Rate);
            json.WriteNumber("over", join.Over);
            json.WriteEndObject();
        }
        json.WritePropertyName("options");
        Options.WriteTo(json);
        json.WriteEndObject();
    }

    internal static TrainingState Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var bytes = JsonFields.ReadBytes(path);
            JsonFields.CheckTexts(path, bytes);
            var root = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CheckpointException($"{path}: a JSON object was expected");
            var key = root["random_key"] as JsonObject;
            return new TrainingState
            {
                Step = Number<int>(path, root, "step"),
                Batches = Number<long>(path, root, "batches"),
                Seed = Number<ulong>(path, key, "random_key.seed"),
                Best = root["best"] is JsonObject best ? (Number<double>(path, best, "best.loss"), Number<int>(path, best, "best.step")) : null,
                RecentLosses = root["recent_losses"] is JsonArray losses ? [.. losses.Select(loss => Number<double>(path, "recent_losses", loss))] : [],
                Join = root["schedule_joined"] is JsonObject join
                    ? new ScheduleJoin(Number<int>(path, join, "schedule_joined.step"), Number<double>(path, join, "schedule_joined.rate"),
                        Number<int>(path, join, "schedule_joined.over")) : null,
                Options = root["options"] as JsonObject
                    ?? throw new CheckpointException($"{path}: field options: an object was expected, found {Found(root["options"])}"),
                Tokens = Number<long>(path, root, "tokens"),
            };
        }
        catch (Exception e) when (e is IOException or JsonException or MalformedFileException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }

    static T Number<T>(string path, JsonObject? parent, string field) where T : struct =>
        Number<T>(path, field, parent?[field[(field.LastIndexOf('.') + 1)..]]);

    static T Number<T>(string path, string field, JsonNode? node) where T : struct =>
        node is JsonValue value && value.TryGetValue(out T number)
            ? number
            : throw new CheckpointException($"{path}: field {field}: a number was expected, found {Found(node)}");

    static string Found(JsonNode? node) => node is null ? "nothing" : node.ToJsonString() is { Length: > 80 } text ? $"{text[..80]}..." : node.ToJsonString();
}
