using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;

namespace Nonet.Checkpoints.Families;

/// <summary>Phi-3, 3.5 and 4: query, key and value are packed in one tensor, gate and up in another.</summary>
sealed class Phi3Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Phi3Family());

    public override string ModelType => "phi3";
    public override (int? Begin, int? End, int? Padding) Marks => (1, 32000, 32000);
    public override bool WritesPadding => true;
    public override IReadOnlyList<string> Architectures => ["Phi3ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Phi3");
    public override GgufFamily? Gguf => new GgufPhi3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var share = json.Number("partial_rotary_factor", 1, 0, 1);
        if (json.Object("rope_parameters") is { } rope)
            share = rope.Number("partial_rotary_factor", share, 0, 1);
        return Read(json, new Phi3Config { Vocab = 32064, Context = 4096, Width = 3072, Hidden = 8192 }, epsilon: 1e-5) with
        {
            Window = json.Has("sliding_window") ? json.Positive("sliding_window") : null,
            RotaryShare = share,
        };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Phi3Config)config;
        json.WriteReal("partial_rotary_factor", c.RotaryShare);
        json.WriteNumber("pad_token_id", 0); // the default of the class, 32000, may lie beyond the vocabulary
        json.WriteNumberOrNull("sliding_window", c.Window);
    }

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path, int rotary)
    {
        var (queries, keys) = (config.Heads * config.HeadSize, config.KvHeads * config.HeadSize);
        var qkv = new ForeignWeight(prefix + "self_attn.qkv_proj.weight") { Total = queries + 2 * keys };
        var gateUp = new ForeignWeight(prefix + "mlp.gate_up_proj.weight") { Total = 2 * config.Hidden };
        return path switch
        {
            ["attention", "query", "weight"] => qkv with { Deinterleave = rotary },
            ["attention", "key", "weight"] => qkv with { Start = queries, Deinterleave = rotary },
            ["attention", "value", "weight"] => qkv with { Start = queries + keys },
            ["feed_forward", "gate", "weight"] => gateUp,
            ["feed_forward", "up", "weight"] => gateUp with { Start = config.Hidden },
            _ => base.Block(config, prefix, path, rotary),
        };
    }
}

/// <summary>Phi-3, 3.5 and 4 in GGUF: query, key and value are packed in one tensor, gate and up in another. LongRoPE's divisors are two tensors.</summary>
sealed class GgufPhi3 : GgufLlama
{
    const string Short = "rope_factors_short.weight", Long = "rope_factors_long.weight";

    public override string Architecture => "phi3";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Phi3Config;

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        var config = Read(file, new Phi3Config { Vocab = Vocab(file) });
        var rotary = m.Positive(Key("rope.dimension_count"), config.HeadSize);
        var trained = m.Positive(Key("rope.scaling.original_context_length"), config.Context);
        RopeScaling? scaling = config.RopeScaling;
        if (file.Tensors.TryGetValue(Short, out var shorter) && file.Tensors.TryGetValue(Long, out var longer))
        {
            scaling = new LongRope(shorter.ToDoubles(), longer.ToDoubles(), (double)config.Context / trained, trained)
            {
                GivenAttentionFactor = m.Has(Key("rope.scaling.attn_factor")) ? m.Number(Key("rope.scaling.attn_factor"), null) : null,
            };
        }
        return config with
        {
            RotaryShare = (double)rotary / config.HeadSize,
            Window = m.Has(Key("attention.sliding_window")) && m.Integer(Key("attention.sliding_window"), 0, 0, int.MaxValue) is > 0 and var window
                ? (int)window : null,
            RopeScaling = scaling,
        };
    }

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        var c = (Phi3Config)config;
        writer.U32(Key("attention.sliding_window"), (uint)(c.Window ?? 0));
        if (c.RopeScaling is LongRope rope)
            writer.U32(Key("rope.scaling.original_context_length"), (uint)rope.TrainedContext)
                .F32(Key("rope.scaling.attn_factor"), (float)rope.AttentionFactor);
        else
            WriteScaling(writer.U32(Key("rope.scaling.original_context_length"), (uint)c.Context), c.RopeScaling);
    }

    public override IEnumerable<(string Name, float[] Values)> Extra(ModelConfig config) => ((LlamaConfig)config).RopeScaling is LongRope rope
        ? [(Short, [.. rope.Short.Select(d => (float)d)]), (Long, [.. rope.Long.Select(d => (float)d)])] : [];

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path)
    {
        var (queries, keys) = (config.Heads * config.HeadSize, config.KvHeads * config.HeadSize);
        var qkv = new ForeignWeight(prefix + "attn_qkv.weight") { Total = queries + 2 * keys };
        var gateUp = new ForeignWeight(prefix + "ffn_up.weight") { Total = 2 * config.Hidden };
        return path switch
        {
            ["attention", "query", "weight"] => qkv,
            ["attention", "key", "weight"] => qkv with { Start = queries },
            ["attention", "value", "weight"] => qkv with { Start = queries + keys },
            ["feed_forward", "gate", "weight"] => gateUp,
            ["feed_forward", "up", "weight"] => gateUp with { Start = config.Hidden },
            _ => base.Block(config, prefix, path),
        };
    }
}
