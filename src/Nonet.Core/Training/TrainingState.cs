using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Training.Schedules;

namespace Nonet.Training;

/// <summary>What a run needs beside weights and moments to go on as if it had never stopped: training.json of a checkpoint.</summary>
public sealed record TrainingState
{
    internal const string FileName = "training.json";

    /// <summary>Updates made.</summary>
    public required int Step { get; init; }

    /// <summary>Batches consumed: the cursor into the shuffled data.</summary>
    public required long Batches { get; init; }

    /// <summary>Tokens trained on up to here.</summary>
    public long Tokens { get; init; }

    /// <summary>What initialization, shuffling and dropout are keyed by; with <see cref="Step"/> it is the whole state of the random numbers.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Lowest held-out loss so far (of a run that goes by another criterion, the lowest of that), and the step it was measured at.</summary>
    public (double Loss, int Step)? Best { get; init; }

    /// <summary>Losses of the last steps, oldest first, where a spike is looked for: see <see cref="LossSpike"/>.</summary>
    public IReadOnlyList<double> RecentLosses { get; init; } = [];

    /// <summary>Where the run joined its schedule, if its number of steps was changed; null: at its beginning.</summary>
    public ScheduleJoin? Join { get; init; }

    /// <summary>The options that determine the result. A run may resume only with the same.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>Throws a <see cref="CheckpointException"/> that lists every option that differs.</summary>
    /// <param name="now">The options that the run is to be resumed with.</param>
    /// <param name="where">The checkpoint.</param>
    /// <param name="mayDiffer">Options that may be others now, because they only say how long the run is.</param>
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
            var root = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new CheckpointException($"{path}: a JSON object was expected");
            var key = root["random_key"] as JsonObject;
            return new TrainingState
            {
                Step = Number<int>(path, root, "step"),
                Batches = Number<long>(path, root, "batches"),
                Seed = Number<ulong>(path, key, "random_key.seed"),
                Best = root["best"] is JsonObject best ? (Number<double>(path, best, "best.loss"), Number<int>(path, best, "best.step")) : null,
                RecentLosses = root["recent_losses"] is JsonArray losses ? [.. losses.Select(loss => Number<double>(path, "recent_losses", loss))] : [],
                Join = root["schedule_joined"] is JsonObject join
                    ? new ScheduleJoin(Number<int>(path, join, "schedule_joined.step"), Number<double>(path, join, "schedule_joined.rate"), Number<int>(path, join, "schedule_joined.over")) : null,
                Options = root["options"] as JsonObject ?? throw new CheckpointException($"{path}: field options: an object was expected, found {Found(root["options"])}"),
                Tokens = Number<long>(path, root, "tokens"),
            };
        }
        catch (Exception e) when (e is IOException or JsonException or MalformedFileException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }

    static T Number<T>(string path, JsonObject? parent, string field) where T : struct => Number<T>(path, field, parent?[field[(field.LastIndexOf('.') + 1)..]]);

    static T Number<T>(string path, string field, JsonNode? node) where T : struct =>
        node is JsonValue value && value.TryGetValue(out T number)
            ? number
            : throw new CheckpointException($"{path}: field {field}: a number was expected, found {Found(node)}");

    static string Found(JsonNode? node) => node is null ? "nothing" : node.ToJsonString() is { Length: > 80 } text ? $"{text[..80]}..." : node.ToJsonString();
}
