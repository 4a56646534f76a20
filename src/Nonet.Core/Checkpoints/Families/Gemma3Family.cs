using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Gemma 3, the text models.</summary>
sealed class Gemma3Family : GemmaFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gemma3Family());

    public override string ModelType => "gemma3_text";
    public override (int? Begin, int? End, int? Padding) Marks => (2, 1, 0);
    public override IReadOnlyList<string> Architectures => ["Gemma3ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Gemma3Text");
    public override GgufFamily? Gguf => new GgufGemma3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Gemma3Config { Vocab = 262208, Context = 131072, Window = 4096 });
        if (!json.Has("layer_types"))
        {
            var period = json.Positive("sliding_window_pattern", 6);
            config = config with { Windowed = new LayerPattern([.. Enumerable.Range(1, period).Select(i => i % period != 0)]) };
        }
        var (ropeBase, scaling) = RopeFields.Read(json, config.Context, 1e6, "full_attention");
        var local = json.Number("rope_local_base_freq", 10000, 1, 1e12);
        if (json.Object("rope_parameters")?.Object("sliding_attention") is { } rope)
        {
            local = rope.Number("rope_theta", local, 1, 1e12);
            if ((rope.Text("rope_type") ?? "default") != "default")
                throw rope.Wrong("rope_type", "default: scaled positions in the layers with a window are not supported");
        }
        // transformers keeps attn_logit_softcapping in Gemma 3's config and computes without it
        return config with { RopeBase = ropeBase, RopeScaling = scaling, LocalRopeBase = local, AttentionSoftCap = null };
    }

    protected override void WriteRope(Utf8JsonWriter json, GemmaConfig config)
    {
        var local = config.LocalRopeBase ?? config.RopeBase;
        json.WriteReal("rope_theta", config.RopeBase);
        json.WriteReal("rope_local_base_freq", local);
        if (config.RopeScaling is { } scaling)
            RopeFields.Write(json, "rope_scaling", null, scaling);
        json.WriteStartObject("rope_parameters");
        RopeFields.Write(json, "full_attention", config.RopeBase, config.RopeScaling);
        RopeFields.Write(json, "sliding_attention", local, null);
        json.WriteEndObject();
    }
}

/// <summary>Gemma 3, text.</summary>
sealed class GgufGemma3 : GgufGemma
{
    public override string Architecture => "gemma3";
    public override bool Keeps(ModelConfig config) => config is Gemma3Config;

    public override ModelConfig Read(GgufFile file) => Read(file, new Gemma3Config { Vocab = Vocab(file) }) with
    {
        LocalRopeBase = file.Metadata.Number(Key("rope.freq_base_swa"), 10000),
        OutputSoftCap = file.Metadata.Has(Key("final_logit_softcapping")) ? (float)file.Metadata.Number(Key("final_logit_softcapping"), null) : null,
    };

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        base.Write(writer, config);
        var c = (GemmaConfig)config;
        CheckPattern(c, Gemma3Config.Published);
        writer.F32(Key("rope.freq_base_swa"), (float)(c.LocalRopeBase ?? c.RopeBase));
        if (c.OutputSoftCap is { } logits)
            writer.F32(Key("final_logit_softcapping"), logits);
    }
}
