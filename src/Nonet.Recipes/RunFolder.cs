using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Formats;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// Where a run leaves everything: run.json (the options as run, the git commit), metrics.jsonl (an object per reported step or
/// evaluation), samples.txt, checkpoints/. As a model it stands for its best checkpoint, else its last.
/// </summary>
public sealed class RunFolder
{
    const string RunFile = "run.json";

    RunFolder(string path, int keep)
    {
        FullPath = path;
        Checkpoints = new CheckpointFolder(Path.Combine(path, "checkpoints"), keep);
    }

    public string FullPath { get; }
    public CheckpointFolder Checkpoints { get; }
    string Metrics => Path.Combine(FullPath, "metrics.jsonl");
    string Samples => Path.Combine(FullPath, "samples.txt");

    /// <summary>A new run. Throws where the folder holds one already.</summary>
    public static RunFolder Create(string path, JsonObject options, int keep)
    {
        path = Path.GetFullPath(path);
        RefuseTaken(path);
        Directory.CreateDirectory(path);
        var run = new JsonObject { ["options"] = options.DeepClone() };
        if (GitCommit.Of(Directory.GetCurrentDirectory()) is { } commit)
            run["git_commit"] = commit;
        run["started"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        AtomicFile.Write(Path.Combine(path, RunFile), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            run.WriteTo(json);
        });
        return new RunFolder(path, keep);
    }

    /// <summary>Throws where a folder holds a run already, or is a file.</summary>
    public static void RefuseTaken(string path)
    {
        if (File.Exists(path) || File.Exists(Path.Combine(path, RunFile)))
            throw new RunFolderException($"{path} exists already; resume the run in it, name another folder, or delete it");
    }

    /// <summary>A run to go on with. Throws where there is none.</summary>
    public static RunFolder Open(string path, int keep)
    {
        path = Path.GetFullPath(path);
        if (!Directory.Exists(path))
            throw new RunFolderException($"{path}: there is no such folder, so there is no run to resume");
        var folder = new RunFolder(path, keep);
        return folder.Checkpoints.Last is not null ? folder
            : throw new RunFolderException($"{folder.Checkpoints.FullPath} holds no checkpoint, so there is nothing to resume; start the run anew");
    }

    /// <summary>The first of NAME, NAME-2, NAME-3, … that is free.</summary>
    public static string Free(string path)
    {
        for (var i = 1; ; i++)
        {
            var candidate = i == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}-{i}");
            if (!File.Exists(candidate) && !Directory.Exists(candidate))
                return candidate;
        }
    }

    /// <summary>Appends what happened to metrics.jsonl or samples.txt.</summary>
    public void Record(RunEvent e)
    {
        switch (e)
        {
            case StepDone step:
                Append(json =>
                {
                    json.WriteNumber("step", step.Step);
                    json.WriteNumber("loss", step.Loss);
                    json.WriteNumber("learning_rate", step.LearningRate);
                    json.WriteNumber("gradient_norm", step.GradientNorm);
                    json.WriteNumber("tokens_per_s", Math.Round(step.TokensPerSecond, 1));
                });
                break;
            case Evaluated evaluated:
                Append(json =>
                {
                    json.WriteNumber("step", evaluated.Step);
                    json.WriteNumber("validation_loss", evaluated.NatsPerToken);
                    json.WriteNumber("validation_bits_per_byte", evaluated.BitsPerByte);
                });
                break;
            case Sampled sample:
                File.AppendAllText(Samples, string.Create(CultureInfo.InvariantCulture, $"--- step {sample.Step}\n{sample.Prompt}{sample.Text}\n\n"));
                break;
        }
    }

    /// <summary>Drops the lines of steps after a checkpoint that the run goes back to: they will be made again.</summary>
    public void RewindTo(int step)
    {
        if (!File.Exists(Metrics))
            return;
        var kept = File.ReadLines(Metrics).TakeWhile(line => StepOf(line) is { } s && s <= step).ToArray();
        File.WriteAllText(Metrics, string.Concat(kept.Select(line => line + "\n")));
    }

    /// <summary>The step of a line; null of one that was cut short.</summary>
    static int? StepOf(string line)
    {
        try
        {
            return (int?)JsonNode.Parse(line)?["step"];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    void Append(Action<Utf8JsonWriter> fields)
    {
        using var line = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        using var file = new FileStream(Metrics, FileMode.Append, FileAccess.Write, FileShare.Read);
        line.WriteTo(file);
    }
}
