using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Data.Mixtures;

/// <summary>A share of a mixture, planned and realised.</summary>
/// <param name="Share">The share.</param>
/// <param name="Examples">Number of examples drawn from it.</param>
/// <param name="Realised">Share of these examples in all drawn examples.</param>
public readonly record struct RealisedShare(MixtureShare Share, long Examples, double Realised)
{
    /// <summary>Average number of times that each row was drawn.</summary>
    public double Epochs => (double)Examples / Share.Rows;
}

/// <summary>Record of the content of a mixture: files with their hashes, caps, planned and realised shares, formats, leaks.</summary>
public static class MixtureManifest
{
    /// <summary>Name of the file in a run folder.</summary>
    public const string FileName = "mixture.json";

    /// <summary>Planned and realised shares of the first examples of a mixture.</summary>
    public static IReadOnlyList<RealisedShare> Realised(InstructionMixture mixture, long examples)
    {
        var counts = new long[mixture.Shares.Count];
        for (var i = 0L; i < examples; i++)
            counts[mixture.DrawOf(i).Share]++;
        return [.. mixture.Shares.Select((s, i) => new RealisedShare(s, counts[i], examples == 0 ? 0 : (double)counts[i] / examples))];
    }

    /// <summary>The manifest as the text of a file.</summary>
    /// <param name="mixture">The mixture.</param>
    /// <param name="examples">Number of examples, from the first, that the realised shares are of.</param>
    public static string Json(InstructionMixture mixture, long examples) => Of(mixture, examples).ToJsonString(indented);

    /// <summary>The same as a JSON object, for other layouts.</summary>
    /// <param name="mixture">The mixture.</param>
    /// <param name="examples">Number of examples, from the first, that the realised shares are of.</param>
    public static JsonObject Of(InstructionMixture mixture, long examples)
    {
        var shares = Realised(mixture, examples);
        var formats = Enumerable.Range(0, (int)Math.Min(examples, 10_000)).Select(i => mixture.DrawOf(i)).GroupBy(FormatOf)
            .OrderBy(g => g.Key, StringComparer.Ordinal);
        return new JsonObject
        {
            ["name"] = mixture.Options.Name,
            ["preset"] = mixture.Options.Preset is { } preset ? JsonNamingPolicy.SnakeCaseLower.ConvertName(preset.ToString()) : null,
            ["seed"] = mixture.Options.Seed,
            ["examples"] = examples,
            ["shares"] = new JsonArray([.. shares.Select(s => (JsonNode)new JsonObject
            {
                ["submixture"] = s.Share.Submixture,
                ["task"] = s.Share.Task.Name,
                ["cluster"] = s.Share.Task.Cluster,
                ["dataset"] = s.Share.Task.Dataset,
                ["inverted"] = s.Share.Inverted,
                ["rows"] = s.Share.Rows,
                ["too_long"] = s.Share.TooLong,
                ["cap"] = s.Share.Settled.Cap,
                ["counted"] = s.Share.Counted,
                ["planned"] = s.Share.Rate,
                ["examples"] = s.Examples,
                ["realised"] = s.Realised,
            })]),
            ["formats"] = new JsonObject([.. formats.Select(g => KeyValuePair.Create<string, JsonNode?>(g.Key, g.Count()))]),
            ["held_out"] = new JsonArray(
                [.. mixture.HeldOutTasks.Select(t =>
                (JsonNode)new JsonObject { ["task"] = t.Name, ["cluster"] = t.Cluster, ["dataset"] = t.Dataset, ["rows"] = t.Rows.Count })]),
            ["leaks"] = new JsonArray([.. MixtureLeaks.Of(mixture).Select(l => (JsonNode)new JsonObject
            {
                ["held_out"] = l.HeldOut,
                ["training"] = l.Training,
                ["kind"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(l.Kind.ToString()),
                ["rows"] = l.Rows,
                ["of"] = l.Of,
                ["shared"] = l.Shared,
            })]),
            ["files"] = new JsonArray([.. mixture.Tasks.SelectMany(t => t).SelectMany(t => t.Files).DistinctBy(f => f.Path)
                .Select(f => (JsonNode)new JsonObject { ["path"] = f.Path, ["bytes"] = f.Bytes, ["sha256"] = f.Sha256 })]),
        };
    }

    /// <summary>Name of a drawn format: "few-shot, reasoning, options".</summary>
    public static string FormatOf(MixtureDraw draw) => string.Join(", ", new[]
    {
        draw.Inversion is null ? null : "inverted",
        draw.Shots > 0 ? "few-shot" : "zero-shot",
        draw.Inversion is not null ? null : draw.WithReasoning ? "reasoning" : "answer",
        draw.WithOptions ? "options" : null,
        draw.WithInstruction ? null : "no instruction",
    }.Where(p => p is not null));

    static readonly JsonSerializerOptions indented = new() { WriteIndented = true };
}
