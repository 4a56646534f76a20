using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Evaluation.Metrics;
using Nonet.Files;

namespace Nonet.Evaluation.Runs;

/// <summary>Model and settings of an evaluation: run.json.</summary>
public sealed record EvaluationInfo
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Digest of the model's files, or address of its endpoint.</summary>
    public required string Digest { get; init; }

    /// <summary>How prompts were passed to the model: off, text or turns.</summary>
    public required string Chat { get; init; }

    /// <summary>The start token; null if the model's ids are unknown.</summary>
    public int? StartToken { get; init; }

    /// <summary>Seed of the evaluation.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Largest number of items per task; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Number of sampled answers per item; null: one.</summary>
    public int? Paths { get; init; }

    /// <summary>Temperature of sampled answers; null: the default.</summary>
    public double? Temperature { get; init; }

    /// <summary>Number of most likely tokens to sample from; null: the default.</summary>
    public int? TopK { get; init; }

    /// <summary>The command that repeats the evaluation.</summary>
    public string? Command { get; init; }
}

/// <summary>
/// The folder of an evaluation: run.json (model and settings), requests.jsonl (all items with prompts, answers and scores, written when their task is done)
/// and results.json (the figures).
/// </summary>
public sealed class EvaluationFolder
{
    const string InfoName = "run.json", RequestsName = "requests.jsonl", ResultsName = "results.json";

    EvaluationFolder(string path, EvaluationInfo info) => (FullPath, Info) = (Path.GetFullPath(path), info);

    /// <summary>Absolute path of the folder.</summary>
    public string FullPath { get; }

    /// <summary>How the evaluation was started.</summary>
    public EvaluationInfo Info { get; }

    /// <summary>Path of requests.jsonl.</summary>
    public string RequestsPath => Path.Combine(FullPath, RequestsName);

    /// <summary>Begins an evaluation. It replaces an earlier evaluation in the folder.</summary>
    /// <exception cref="IOException">The folder contains something else.</exception>
    public static EvaluationFolder Begin(string path, EvaluationInfo info)
    {
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !File.Exists(Path.Combine(path, InfoName)))
            throw new IOException($"{path}: found a folder that holds no evaluation; expected a new folder, or that of an earlier evaluation");
        var folder = new EvaluationFolder(path, info);
        AtomicFile.WriteText(Path.Combine(path, InfoName), JsonSerializer.Serialize(info, EvaluationJson.Lines.EvaluationInfo) + "\n");
        AtomicFile.WriteText(folder.RequestsPath, "");
        return folder;
    }

    /// <summary>Appends the items of a task to requests.jsonl.</summary>
    public void Add(TaskResult result)
    {
        using var file = new StreamWriter(RequestsPath, append: true, new UTF8Encoding(false));
        foreach (var item in result.Items)
            file.Write(JsonSerializer.Serialize(item, EvaluationJson.Lines.ItemResult) + '\n');
    }

    /// <summary>Writes the figures of all tasks.</summary>
    public void Finish(IReadOnlyList<TaskResult> results) => AtomicFile.WriteText(Path.Combine(FullPath, ResultsName), ToJson(results).ToJsonString() + "\n");

    /// <summary>The figures as JSON: task, shots, metric, value, stderr, items, and the bounds of the interval.</summary>
    public JsonObject ToJson(IReadOnlyList<TaskResult> results) => new()
    {
        ["results"] = new JsonArray([.. from r in results from f in r.Figures select (JsonNode)Figure(r, f.Metric, f.Estimate)]),
        ["curves"] = new JsonArray(
            [.. from r in results from c in r.Curve select (JsonNode)Figure(r, string.Create(CultureInfo.InvariantCulture, $"vote_{c.Paths}"), c.Accuracy)]),
        ["notes"] = new JsonArray([.. from r in results from n in r.Notes select (JsonNode)$"{r.Task}, {r.Shots} shots: {n}"]),
        ["requests"] = RequestsPath,
    };

    /// <summary>Opens the folder of an evaluation.</summary>
    /// <exception cref="FileNotFoundException">The folder contains no evaluation.</exception>
    public static EvaluationFolder Open(string path)
    {
        var file = Path.Combine(path, InfoName);
        if (!File.Exists(file) || !File.Exists(Path.Combine(path, RequestsName)))
            throw new FileNotFoundException($"{path}: found no {InfoName} with {RequestsName}; expected the folder of an evaluation, as nonet eval writes it");
        return new EvaluationFolder(path, Parsed(file, "the file", File.ReadAllText(file), EvaluationJson.Lines.EvaluationInfo));
    }

    /// <summary>The items of all tasks.</summary>
    public IEnumerable<ItemResult> Items()
    {
        var number = 0;
        foreach (var line in File.ReadLines(RequestsPath))
            yield return Parsed(RequestsPath, $"line {++number}", line, EvaluationJson.Lines.ItemResult);
    }

    static T Parsed<T>(string file, string place, string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new MalformedFileException(file, $"{place}: {e.Message}", "a JSON object as an evaluation writes it", e);
        }
    }

    static JsonObject Figure(TaskResult r, string metric, Estimate e) => new JsonObject
    {
        ["task"] = r.Task,
        ["shots"] = r.Shots,
        ["metric"] = metric,
        ["value"] = e.Value,
        ["stderr"] = e.StandardError,
        ["low"] = e.Interval.Low,
        ["high"] = e.Interval.High,
        ["items"] = e.Items,
    };
}
