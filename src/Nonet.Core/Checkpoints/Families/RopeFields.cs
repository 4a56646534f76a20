using System.Text.Json;
using Nonet.Files;
using Nonet.Models.Layers;

namespace Nonet.Checkpoints.Families;

/// <summary>Rotary positions in a config.json: in rope_theta and rope_scaling up to transformers 4, both in rope_parameters from 5 on.</summary>
static class RopeFields
{
    /// <param name="json">The config's fields.</param>
    /// <param name="context">max_position_embeddings.</param>
    /// <param name="theta">The family's default base.</param>
    /// <param name="part">Field of rope_parameters with the values for one kind of layers, if each kind has its own; null: none.</param>
    public static (double Base, RopeScaling? Scaling) Read(JsonFields json, int context, double theta = 10000, string? part = null)
    {
        theta = json.Number("rope_theta", theta, 1, 1e12);
        RopeScaling? scaling = null;
        foreach (var name in new[] { "rope_scaling", "rope_parameters" })
        {
            var rope = json.Object(name);
            if (part is not null && name == "rope_parameters" && rope?.Object(part) is { } inner)
                rope = inner;
            if (rope is null)
                continue;
            theta = rope.Number("rope_theta", theta, 1, 1e12);
            scaling = ReadScaling(json, rope, context) ?? scaling;
        }
        return (theta, scaling);
    }

    static RopeScaling? ReadScaling(JsonFields json, JsonFields rope, int context)
    {
        var key = rope.Has("rope_type") ? "rope_type" : "type";
        var trained = rope.Positive("original_max_position_embeddings", json.Positive("original_max_position_embeddings", context));
        double? attention = rope.Has("attention_factor") ? rope.Number("attention_factor", 1, 0, 1e6) : null;
        double Factor() => rope.Has("factor") ? rope.Number("factor", 1, 1, 1e6) : throw rope.Missing("factor", "a number of at least 1");
        return (rope.Text(key) ?? "default") switch
        {
            "default" => null,
            "linear" => new LinearRope(Factor()),
            "dynamic" => new DynamicRope(Factor(), context),
            "llama3" => new Llama3Rope(Factor(), rope.Number("low_freq_factor", 1, 0, 1e6), rope.Number("high_freq_factor", 4, 0, 1e6), trained),
            "yarn" => new YarnRope(rope.Has("factor") ? Factor() : (double)context / trained, trained)
            {
                FastRotations = rope.Number("beta_fast", 32, 0, 1e6),
                SlowRotations = rope.Number("beta_slow", 1, 0, 1e6),
                Truncate = rope.Flag("truncate", true),
                GivenAttentionFactor = attention ?? Mscale(rope, rope.Has("factor") ? Factor() : (double)context / trained),
            },
            "longrope" or "su" =>
                new LongRope(Numbers(rope, "short_factor"), Numbers(rope, "long_factor"), rope.Has("factor") ? Factor() : (double)context / trained, trained)
                {
                    GivenAttentionFactor = attention,
                },
            _ => throw rope.Wrong(key, "default, linear, dynamic, llama3, yarn or longrope"),
        };
    }

    /// <summary>DeepSeek's quotient of two scales; null if it is not asked for.</summary>
    static double? Mscale(JsonFields rope, double factor)
    {
        var (over, under) = (rope.Number("mscale", 0, 0, 1e6), rope.Number("mscale_all_dim", 0, 0, 1e6));
        return over > 0 && under > 0 ? YarnRope.Scale(factor, over) / YarnRope.Scale(factor, under) : null;
    }

    static double[] Numbers(JsonFields rope, string name) => rope.Has(name)
        ? [.. rope.Array(name).Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out var x) ? x : throw rope.Wrong(name, "numbers"))]
        : throw rope.Missing(name, "a list of numbers");

    /// <summary>Writes rope_theta for transformers 4 and rope_parameters for 5; scaling in both forms.</summary>
    public static void Write(Utf8JsonWriter json, double theta, RopeScaling? scaling)
    {
        json.WriteReal("rope_theta", theta);
        if (scaling is not null)
            Write(json, "rope_scaling", null, scaling);
        Write(json, "rope_parameters", theta, scaling);
        if (scaling is LongRope { TrainedContext: var trained })
            json.WriteNumber("original_max_position_embeddings", trained);
    }

    public static void Write(Utf8JsonWriter json, string name, double? theta, RopeScaling? scaling)
    {
        json.WriteStartObject(name);
        if (theta is { } given)
            json.WriteReal("rope_theta", given);
        json.WriteString("rope_type", scaling?.Kind ?? "default");
        switch (scaling)
        {
            case LinearRope linear:
                json.WriteReal("factor", linear.Factor);
                break;
            case DynamicRope dynamic:
                json.WriteReal("factor", dynamic.Factor);
                break;
            case Llama3Rope llama:
                json.WriteReal("factor", llama.Factor);
                json.WriteReal("low_freq_factor", llama.LowFrequencyFactor);
                json.WriteReal("high_freq_factor", llama.HighFrequencyFactor);
                json.WriteNumber("original_max_position_embeddings", llama.TrainedContext);
                break;
            case YarnRope yarn:
                json.WriteReal("factor", yarn.Factor);
                json.WriteReal("beta_fast", yarn.FastRotations);
                json.WriteReal("beta_slow", yarn.SlowRotations);
                json.WriteBoolean("truncate", yarn.Truncate);
                json.WriteNumber("original_max_position_embeddings", yarn.TrainedContext);
                if (yarn.GivenAttentionFactor is { } factor)
                    json.WriteReal("attention_factor", factor);
                break;
            case LongRope rope:
                json.WriteReal("factor", rope.Factor);
                WriteNumbers(json, "short_factor", rope.Short);
                WriteNumbers(json, "long_factor", rope.Long);
                json.WriteNumber("original_max_position_embeddings", rope.TrainedContext);
                if (rope.GivenAttentionFactor is { } attention)
                    json.WriteReal("attention_factor", attention);
                break;
        }
        json.WriteEndObject();
    }

    static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
