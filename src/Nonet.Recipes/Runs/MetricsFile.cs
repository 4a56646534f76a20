using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>
/// Events of a run, one JSON object per line: metrics.jsonl (steps, rollouts, evaluations, rollbacks) or samples.jsonl. Every line has a step and a
/// time.
/// </summary>
sealed class MetricsFile(string path)
{
    static readonly JsonWriterOptions writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The lines so far, as events. A last line that was truncated by a killed process is skipped.</summary>
    /// <param name="damaged">Receives other lines that are not events; they are skipped too. Null: they are not reported.</param>
    public IEnumerable<(RunEvent Event, DateTimeOffset Time)> Read(ICollection<string>? damaged = null)
    {
        if (!File.Exists(path))
            yield break;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var file = new StreamReader(stream);
        for (var number = 1; file.ReadLine() is { } line; number++)
        {
            if (Read(line) is { } read)
                yield return read;
            else if (file.Peek() >= 0 || EndsWithNewLine(stream))
                damaged?.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: line {number} is not an event of a run and is skipped"));
        }
    }

    /// <summary>Removes the lines of the steps after a checkpoint to which the run goes back: these steps will be repeated.</summary>
    public void RewindTo(int step)
    {
        if (!File.Exists(path))
            return;
        var kept = File.ReadLines(path).Where(line => StepOf(line) <= step).ToArray();
        AtomicFile.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
    }

    /// <summary>Appends a line.</summary>
    public void Append(RunEvent e, DateTimeOffset time)
    {
        using var line = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(line, writing))
        {
            json.WriteStartObject();
            Write(json, e);
            json.WriteNumber("time", time.ToUnixTimeMilliseconds() / 1000.0);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        line.WriteTo(file);
    }

    static void Write(Utf8JsonWriter json, RunEvent e)
    {
        switch (e)
        {
            case StepDone step:
                json.WriteNumber("step", step.Step);
                json.WriteNumber("loss", step.Loss);
                json.WriteNumber("learning_rate", step.LearningRate);
                json.WriteNumber("gradient_norm", step.GradientNorm);
                json.WriteNumber("tokens", step.Tokens);
                json.WriteNumber("training_s", Math.Round(step.Training.TotalSeconds, 3));
                json.WriteNumber("tokens_per_s", Math.Round(step.TokensPerSecond, 1));
                break;
            case Evaluated evaluated:
                json.WriteNumber("step", evaluated.Step);
                json.WriteNumber("validation_loss", evaluated.Loss);
                if (evaluated.Unit != LossUnit.NatsPerToken)
                    json.WriteString("unit", evaluated.Unit);
                if (evaluated.BitsPerByte is { } bits)
                    json.WriteNumber("validation_bits_per_byte", bits);
                if (evaluated.Scores.Count > 0)
                    Write(json, "scores", evaluated.Scores);
                if (evaluated.Curves.Count > 0)
                    Write(json, evaluated.Curves);
                json.WriteBoolean("best", evaluated.Best);
                break;
            case Measured measured:
                json.WriteNumber("step", measured.Step);
                Write(json, "measured", measured.Scores);
                break;
            case RolledBack back: // belongs to the first repeated step, so that it is removed with it
                json.WriteNumber("step", back.Step + 1);
                json.WriteNumber("rolled_back_from", back.From);
                json.WriteString("reason", back.Reason);
                break;
            case Sampled sample:
                json.WriteNumber("step", sample.Step);
                json.WriteString("prompt", sample.Prompt);
                json.WriteString("text", sample.Text);
                break;
            default:
                throw new ArgumentException($"a {e.GetType().Name} has no line in {nameof(MetricsFile)}", nameof(e));
        }
    }

    static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Score> scores)
    {
        json.WriteStartObject(name);
        foreach (var score in scores.Where(s => double.IsFinite(s.Value)))
            json.WriteNumber(score.Name, score.Value);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, IReadOnlyList<MeasuredCurve> curves)
    {
        json.WriteStartArray("curves");
        foreach (var curve in curves)
        {
            json.WriteStartObject();
            json.WriteString("name", curve.Name);
            json.WriteString("title", curve.Title);
            json.WriteString("x", curve.X);
            json.WriteString("y", curve.Y);
            json.WriteStartArray("points");
            foreach (var (x, y) in curve.Points)
            {
                json.WriteStartArray();
                json.WriteNumberValue(x);
                json.WriteNumberValue(y);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static RunEvent? EventOf(JsonObject fields)
    {
        return (int?)fields["step"] is not { } step ? null
            : fields.ContainsKey("loss") ? new StepDone(step, 0, Number("loss"), Number("learning_rate"), Number("gradient_norm"), (long)Number("tokens"),
                TimeSpan.FromSeconds(Number("training_s")), Number("tokens_per_s"), TimeSpan.Zero)
            : fields.ContainsKey("validation_loss")
            ? new Evaluated(step, Number("validation_loss"), (double?)fields["validation_bits_per_byte"], (bool?)fields["best"] ?? false)
            {
                Unit = (string?)fields["unit"] ?? LossUnit.NatsPerToken,
                Scores = ScoresOf(fields["scores"]),
                Curves = fields["curves"] is JsonArray curves ? [.. curves.OfType<JsonObject>().Select(CurveOf)] : [],
            }
            : fields.ContainsKey("measured") ? new Measured(step, ScoresOf(fields["measured"]))
            : fields.ContainsKey("rolled_back_from") ? new RolledBack(step - 1, (int)Number("rolled_back_from"), (string?)fields["reason"] ?? "")
            : fields.ContainsKey("text") ? new Sampled(step, (string?)fields["prompt"] ?? "", (string?)fields["text"] ?? "")
            : null;

        double Number(string name) => (double?)fields[name] ?? 0;
    }

    static IReadOnlyList<Score> ScoresOf(JsonNode? scores) => scores is JsonObject named
        ? [.. named.Select(s => new Score(s.Key, (double?)s.Value ?? double.NaN))] : [];

    static MeasuredCurve CurveOf(JsonObject curve) => new((string?)curve["name"] ?? "", (string?)curve["title"] ?? "", (string?)curve["x"] ?? "",
        (string?)curve["y"] ?? "",
        curve["points"] is JsonArray points ? [.. points.OfType<JsonArray>().Where(p => p.Count == 2).Select(p => ((double?)p[0] ?? 0, (double?)p[1] ?? 0))]
            : []);

    static bool EndsWithNewLine(FileStream stream)
    {
        stream.Seek(-1, SeekOrigin.End);
        return stream.ReadByte() == '\n';
    }

    /// <summary>Event and time of a line; null if it is not an event.</summary>
    static (RunEvent, DateTimeOffset)? Read(string line)
    {
        try
        {
            return Parse(line) is { } fields && EventOf(fields) is { } e
                ? (e, DateTimeOffset.FromUnixTimeMilliseconds((long)((double?)fields["time"] * 1000 ?? 0))) : null;
        }
        // a field of another type, a number out of range
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Step of a line; null if it is not an event.</summary>
    static int? StepOf(string line) => Read(line)?.Item1 switch
    {
        StepDone e => e.Step,
        Evaluated e => e.Step,
        Measured e => e.Step,
        RolledBack e => e.Step + 1,
        Sampled e => e.Step,
        _ => null,
    };

    static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // truncated
        }
    }
}
