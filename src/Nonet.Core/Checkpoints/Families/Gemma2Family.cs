using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Gemma 2.</summary>
sealed class Gemma2Family : GemmaFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gemma2Family());

    public override string ModelType => "gemma2";
    public override (int? Begin, int? End, int? Padding) Marks => (2, 1, 0);
    public override IReadOnlyList<string> Architectures => ["Gemma2ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Gemma2");
    public override GgufFamily? Gguf => new GgufGemma2();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Gemma2Config { Vocab = 256000 });
        var (ropeBase, scaling) = RopeFields.Read(json, config.Context);
        return config with { RopeBase = ropeBase, RopeScaling = scaling };
    }

    protected override void WriteRope(Utf8JsonWriter json, GemmaConfig config) => RopeFields.Write(json, config.RopeBase, config.RopeScaling);
}

/// <summary>Gemma 2.</summary>
sealed class GgufGemma2 : GgufGemma
{
    public override string Architecture => "gemma2";
    public override bool Keeps(ModelConfig config) => config is Gemma2Config;

    public override ModelConfig Read(GgufFile file) => Read(file, new Gemma2Config { Vocab = Vocab(file) }) with
    {
        AttentionSoftCap = (float)file.Metadata.Number(Key("attn_logit_softcapping"), 50),
        OutputSoftCap = (float)file.Metadata.Number(Key("final_logit_softcapping"), 30),
    };

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        base.Write(writer, config);
        var c = (GemmaConfig)config;
        CheckPattern(c, new LayerPattern(true, false));
        if (c.AttentionSoftCap is not { } scores || c.OutputSoftCap is not { } logits)
            throw new NotSupportedException("a gemma2 without soft caps cannot be kept in GGUF");
        writer.F32(Key("attn_logit_softcapping"), scores).F32(Key("final_logit_softcapping"), logits);
    }
}
