using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;

namespace Nonet.Checkpoints;

/// <summary>Generation settings of a model's authors: generation_config.json, and the end tokens of config.json if that has none.</summary>
public sealed record GenerationDefaults
{
    internal const string FileName = "generation_config.json";

    /// <summary>Ids that end a text or a turn.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Temperature; 0: always take the most likely token; null: not set.</summary>
    public double? Temperature { get; init; }

    /// <summary>Number of most likely tokens to choose from; null: not set.</summary>
    public int? TopK { get; init; }

    /// <summary>Nucleus sampling: the smallest set of tokens with this total probability; null: not set.</summary>
    public double? TopP { get; init; }

    /// <summary>Smallest probability relative to that of the most likely token; null: not set.</summary>
    public double? MinP { get; init; }

    /// <summary>Penalty on tokens that have occurred; 1: none; null: not set.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Reads the settings of a Hugging Face folder. Missing settings are null. Throws <see cref="MalformedFileException"/>.</summary>
    public static GenerationDefaults Read(string folder)
    {
        var (config, own) = (Path.Combine(folder, "config.json"), Path.Combine(folder, FileName));
        var ends = File.Exists(config) ? ConfigEnds(JsonFields.Read(config)) : [];
        if (!File.Exists(own))
            return new GenerationDefaults { EndTokens = ends };
        var fields = JsonFields.Read(own);
        var drawn = fields.Flag("do_sample", false);
        return new GenerationDefaults
        {
            EndTokens = fields.Has("eos_token_id") ? Ends(fields) : ends,
            Temperature = drawn ? fields.Number("temperature", 1, 0, 1e6) : fields.Has("do_sample") ? 0 : null,
            TopK = drawn && fields.Number("top_k", 0, 0, int.MaxValue) is > 0 and var k ? (int)k : null,
            TopP = drawn && fields.Number("top_p", 1, 0, 1) is > 0 and < 1 and var p ? p : null,
            MinP = drawn && fields.Number("min_p", 0, 0, 1) is > 0 and var m ? m : null,
            RepetitionPenalty = fields.Number("repetition_penalty", 1, 1e-6, 1e6) is not 1 and var penalty ? penalty : null,
        };
    }

    /// <summary>End tokens of config.json, or those of transformers' class if it has none.</summary>
    static int[] ConfigEnds(JsonFields config) =>
        config.Has("eos_token_id") || config.IsNull("eos_token_id") || CheckpointFamily.Find(config)?.Marks.End is not { } end ? Ends(config) : [end];

    /// <summary>Writes the sampling settings as <see cref="Read"/> reads them.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        if (Temperature is { } temperature)
        {
            json.WriteBoolean("do_sample", temperature > 0);
            if (temperature > 0)
                json.WriteReal("temperature", temperature);
        }
        if (TopK is { } k)
            json.WriteNumber("top_k", k);
        foreach (var (name, value) in new[] { ("top_p", TopP), ("min_p", MinP), ("repetition_penalty", RepetitionPenalty) })
        {
            if (value is { } known)
                json.WriteReal(name, known);
        }
    }

    /// <summary>A single id, or a list of ids.</summary>
    static int[] Ends(JsonFields fields)
    {
        const string Field = "eos_token_id";
        if (!fields.Has(Field))
            return [];
        var value = fields.All.First(p => p.Name == Field).Value;
        JsonElement[] ids = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return [.. ids.Select(id =>
            id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var n) && n >= 0 ? n : throw fields.Wrong(Field, "an id or a list of ids"))];
    }
}
