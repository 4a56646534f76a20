using System.Globalization;
using Nonet.Models;

namespace Nonet.Formats;

/// <summary>Where a parameter of ours lies in a checkpoint of somebody else's.</summary>
/// <param name="Name">Their name, without the family's prefix.</param>
/// <param name="Transposed">Stored as (In, Out): Conv1D of GPT-2.</param>
/// <param name="Part">Which of <paramref name="Parts"/> equal pieces of their output axis is ours.</param>
/// <param name="Parts">How many of ours are packed in one of theirs.</param>
/// <param name="Deinterleave">Width of a head whose rows (pair, 2) of ours are (2, pair) of theirs; 0 where the order is the same.</param>
readonly record struct ForeignWeight(string Name, bool Transposed = false, int Part = 0, int Parts = 1, int Deinterleave = 0);

/// <summary>The names of one checkpoint family.</summary>
/// <param name="Prefix">What stands before the names of a model that has an output head; its bare trunk is stored without.</param>
/// <param name="Map">Their place of a path of ours; null where they have none.</param>
sealed record ForeignNames(string Prefix, Func<string, ForeignWeight?> Map)
{
    /// <summary>GPT-2 as transformers names it: a linear layer is Conv1D, (In, Out); query, key and value are one.</summary>
    public static readonly ForeignNames Gpt = new("transformer.", path => path.Split('/') switch
    {
        ["tokens", "weight"] => new("wte.weight"),
        ["positions", "weight"] => new("wpe.weight"),
        ["norm", var w] => new($"ln_f.{w}"),
        ["blocks", var i, "norm1", var w] => new($"h.{Index(i)}.ln_1.{w}"),
        ["blocks", var i, "norm2", var w] => new($"h.{Index(i)}.ln_2.{w}"),
        ["blocks", var i, "attention", "query", var w] => new($"h.{Index(i)}.attn.c_attn.{w}", w == "weight", 0, 3),
        ["blocks", var i, "attention", "key", var w] => new($"h.{Index(i)}.attn.c_attn.{w}", w == "weight", 1, 3),
        ["blocks", var i, "attention", "value", var w] => new($"h.{Index(i)}.attn.c_attn.{w}", w == "weight", 2, 3),
        ["blocks", var i, "attention", "output", var w] => new($"h.{Index(i)}.attn.c_proj.{w}", w == "weight"),
        ["blocks", var i, "feed_forward", "up", var w] => new($"h.{Index(i)}.mlp.c_fc.{w}", w == "weight"),
        ["blocks", var i, "feed_forward", "down", var w] => new($"h.{Index(i)}.mlp.c_proj.{w}", w == "weight"),
        _ => null,
    });

    /// <summary>LLaMA as transformers names it; its rotary layout is the half-split one, so heads of the interleaved one change their row order.</summary>
    public static ForeignNames Llama(LlamaConfig config)
    {
        var rotary = config.RopeLayout == RopeLayout.Interleaved ? config.HeadWidth ?? config.Width / config.Heads : 0;
        return new("model.", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("embed_tokens.weight"),
            ["norm", "weight"] => new("norm.weight"),
            ["output", "weight"] => new("lm_head.weight"),
            ["blocks", var i, "attention_norm", "weight"] => new($"layers.{Index(i)}.input_layernorm.weight"),
            ["blocks", var i, "feed_forward_norm", "weight"] => new($"layers.{Index(i)}.post_attention_layernorm.weight"),
            ["blocks", var i, "attention", "query", "weight"] => new($"layers.{Index(i)}.self_attn.q_proj.weight", Deinterleave: rotary),
            ["blocks", var i, "attention", "key", "weight"] => new($"layers.{Index(i)}.self_attn.k_proj.weight", Deinterleave: rotary),
            ["blocks", var i, "attention", "value", "weight"] => new($"layers.{Index(i)}.self_attn.v_proj.weight"),
            ["blocks", var i, "attention", "output", "weight"] => new($"layers.{Index(i)}.self_attn.o_proj.weight"),
            ["blocks", var i, "feed_forward", "gate", "weight"] => new($"layers.{Index(i)}.mlp.gate_proj.weight"),
            ["blocks", var i, "feed_forward", "up", "weight"] => new($"layers.{Index(i)}.mlp.up_proj.weight"),
            ["blocks", var i, "feed_forward", "down", "weight"] => new($"layers.{Index(i)}.mlp.down_proj.weight"),
            _ => null,
        });
    }

    /// <summary>The names for a <see cref="GptConfig"/> or a <see cref="LlamaConfig"/>.</summary>
    public static ForeignNames Of(object config) => config switch
    {
        GptConfig => Gpt,
        LlamaConfig llama => Llama(llama),
        _ => throw new ArgumentException($"{config.GetType().Name}: GptConfig or LlamaConfig is expected", nameof(config)),
    };

    /// <summary>Their whole name; the output head stands beside the trunk, not in it.</summary>
    public string Full(ForeignWeight weight) => weight.Name.StartsWith("lm_head.", StringComparison.Ordinal) ? weight.Name : Prefix + weight.Name;

    static int Index(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
