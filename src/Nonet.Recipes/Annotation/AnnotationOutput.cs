using System.Text.Encodings.Web;
using System.Text.Json;
using Nonet.Files;
using Nonet.ToolUse;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Annotation;

/// <summary>Writes the results of a run: the texts with and without calls, all samples with their losses, and the funnels. Shards are streamed.</summary>
static class AnnotationOutput
{
    static readonly JsonWriterOptions lines = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="folder">Folder of the run.</param>
    /// <param name="shards">All shards, in order.</param>
    /// <param name="tools">The tools, with their thresholds.</param>
    /// <param name="recipe">The annotation.</param>
    public static IReadOnlyList<ToolFunnel> Write(string folder, IReadOnlyList<string> shards, IReadOnlyList<AnnotatedTool> tools, AnnotateRecipe recipe)
    {
        var counters = tools.Select(t => new FunnelCounter(t.Tool.Name, t.Threshold, recipe.Thresholds)).ToArray();
        AtomicFile.Write(Path.Combine(folder, Annotate.CandidatesFile), candidates =>
            AtomicFile.Write(Path.Combine(folder, Annotate.TextsFile), texts =>
            {
                var open = tools.ToDictionary(t => t.Tool.Name, t => t.Threshold); // tools that have not reached their number of texts
                foreach (var shard in shards)
                {
                    foreach (var counter in counters)
                        counter.AddTexts(AnnotationShard.ReadHead(shard).Texts);
                    foreach (var text in AnnotationShard.Read(shard))
                    {
                        var kept = CallInsertion.Kept(text, open);
                        foreach (var counter in counters)
                        {
                            counter.Add(text);
                            counter.AddInserted(kept.Count(k => k.Call.Tool == counter.Tool));
                            if (counter.Examples == recipe.Examples)
                                open.Remove(counter.Tool);
                        }
                        WriteCandidates(candidates, text, tools, kept);
                        if (kept.Count > 0)
                            WriteText(texts, text, kept);
                    }
                }
            }));
        ToolFunnel[] funnels = [.. counters.Select(c => c.ToFunnel())];
        AtomicFile.Write(Path.Combine(folder, Annotate.FunnelFile), stream => WriteFunnels(stream, funnels));
        return funnels;
    }

    /// <summary>Writes a text with and without its calls: the baseline is tuned on the same texts without calls.</summary>
    static void WriteText(Stream stream, AnnotatedText text, IReadOnlyList<KeptCall> kept) => Line(stream, json =>
    {
        json.WriteString("text", CallInsertion.Insert(text.Source.Text, kept));
        json.WriteString("plain", text.Source.Text);
        json.WriteNumber("number", text.Source.Number);
    });

    static void WriteCandidates(Stream stream, AnnotatedText text, IReadOnlyList<AnnotatedTool> tools, IReadOnlyList<KeptCall> kept)
    {
        foreach (var trial in text.Trials)
        {
            var threshold = tools.First(t => t.Tool.Name == trial.Tool).Threshold;
            foreach (var (position, sample) in trial.Positions.SelectMany(p => p.Samples.Select(s => (p, s))))
            {
                Line(stream, json =>
                {
                    json.WriteNumber("text", text.Source.Number);
                    json.WriteString("tool", trial.Tool);
                    json.WriteNumber("token", position.Token);
                    json.WriteNumber("at", position.At);
                    json.WriteNumber("p", position.Probability);
                    json.WriteString("written", sample.Written);
                    json.WriteNumber("count", sample.Count);
                    json.WriteBoolean("closed", sample.IsClosed);
                    if (sample.Call is { } call)
                        json.WriteString("call", call.ToString());
                    if (sample.LooksAhead)
                        json.WriteBoolean("looks_ahead", true);
                    if (sample.Outcome is { } outcome)
                        json.WriteString("outcome", NameOf(outcome));
                    if (sample.Result is { } result)
                        json.WriteString("result", result);
                    if (sample.Error is { } error)
                        json.WriteString("error", error);
                    if (sample.Gain is not { } gain)
                        return;
                    json.WriteNumber("with_result", sample.WithResult!.Value);
                    json.WriteNumber("without_call", sample.WithoutCall!.Value);
                    json.WriteNumber("without_result", sample.WithoutResult!.Value);
                    json.WriteNumber("gain", gain);
                    json.WriteBoolean("kept", gain >= threshold);
                    json.WriteBoolean("inserted", kept.Any(k => k.At == position.At && k.Call == sample.Call));
                });
            }
        }
    }

    static void WriteFunnels(Stream stream, IReadOnlyList<ToolFunnel> funnels)
    {
        using var json = new Utf8JsonWriter(stream, lines with { Indented = true });
        json.WriteStartArray();
        foreach (var funnel in funnels)
            WriteFunnel(json, funnel);
        json.WriteEndArray();
    }

    /// <summary>A funnel as a JSON object.</summary>
    public static void WriteFunnel(Utf8JsonWriter json, ToolFunnel funnel)
    {
        json.WriteStartObject();
        json.WriteString("tool", funnel.Tool);
        foreach (var (name, count) in Numbers(funnel))
            json.WriteNumber(name, count);
        json.WriteStartObject("outcomes");
        foreach (var (outcome, count) in funnel.Outcomes)
            json.WriteNumber(NameOf(outcome), count);
        json.WriteEndObject();
        json.WriteNumber("threshold", funnel.Threshold);
        json.WriteStartArray("kept");
        foreach (var kept in funnel.Kept)
        {
            json.WriteStartObject();
            json.WriteNumber("threshold", kept.Threshold);
            json.WriteNumber("calls", kept.Calls);
            json.WriteNumber("texts", kept.Texts);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (funnel.Blocked is { } stage)
            json.WriteString("blocked", JsonNamingPolicy.SnakeCaseLower.ConvertName(stage.ToString()));
        json.WriteEndObject();
    }

    /// <summary>The stages of a funnel, and the number that passed each.</summary>
    static IEnumerable<(string Name, long Count)> Numbers(ToolFunnel funnel) =>
    [
        ("texts", funnel.Texts), ("chosen", funnel.Chosen), ("texts_with_positions", funnel.TextsWithPositions), ("positions", funnel.Positions),
        ("sampled", funnel.Sampled), ("closed", funnel.Closed), ("parsed", funnel.Parsed), ("calls", funnel.Calls), ("looking_ahead", funnel.LookingAhead),
        ("answered", funnel.Answered), ("inserted", funnel.Inserted), ("examples", funnel.Examples), ("dropped", funnel.Texts - funnel.Examples),
    ];

    static string NameOf(ToolOutcome outcome) => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString());

    static void Line(Stream stream, Action<Utf8JsonWriter> fields)
    {
        using (var json = new Utf8JsonWriter(stream, lines))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }
}
