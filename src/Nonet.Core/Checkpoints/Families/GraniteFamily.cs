using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Granite 3: LLaMA's names, and four multipliers.</summary>
sealed class GraniteFamily : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new GraniteFamily());

    public override string ModelType => "granite";
    public override IReadOnlyList<string> Architectures => ["GraniteForCausalLM"];
    public override TaskClasses? TaskClasses => new("Granite");
    public override GgufFamily Gguf { get; } = new GgufGranite();

    public override ModelConfig Read(JsonFields json, string architecture) => Read(json, new GraniteConfig { Vocab = 32000 }) with
    {
        AttentionBias = json.Flag("attention_bias", false),
        FeedForwardBias = json.Flag("mlp_bias", false),
        EmbeddingMultiplier = Multiplier(json, "embedding_multiplier"),
        AttentionMultiplier = Multiplier(json, "attention_multiplier"),
        ResidualMultiplier = Multiplier(json, "residual_multiplier"),
        LogitsDivisor = Multiplier(json, "logits_scaling"),
    };

    static float Multiplier(JsonFields json, string field) => (float)json.Number(field, 1, 1e-9, 1e9);

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (GraniteConfig)config;
        json.WriteReal("embedding_multiplier", c.EmbeddingMultiplier);
        json.WriteReal("attention_multiplier", c.AttentionMultiplier);
        json.WriteReal("residual_multiplier", c.ResidualMultiplier);
        json.WriteReal("logits_scaling", c.LogitsDivisor);
    }
}

/// <summary>Granite 3 in GGUF.</summary>
sealed class GgufGranite : GgufLlama
{
    public override string Architecture => "granite";
    public override bool Keeps(ModelConfig config) => config is GraniteConfig;

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        var config = Read(file, new GraniteConfig { Vocab = Vocab(file) });
        return config with
        {
            AttentionBias = file.Tensors.ContainsKey("blk.0.attn_output.bias"),
            FeedForwardBias = file.Tensors.ContainsKey("blk.0.ffn_gate.bias"),
            EmbeddingMultiplier = (float)m.Number(Key("embedding_scale"), 1),
            AttentionMultiplier = (float)m.Number(Key("attention.scale"), 1 / Math.Sqrt(config.HeadSize)),
            ResidualMultiplier = (float)m.Number(Key("residual_scale"), 1),
            LogitsDivisor = (float)m.Number(Key("logit_scale"), 1),
        };
    }

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        var c = (GraniteConfig)config;
        writer.F32(Key("embedding_scale"), c.EmbeddingMultiplier).F32(Key("attention.scale"), c.AttentionMultiplier)
            .F32(Key("residual_scale"), c.ResidualMultiplier).F32(Key("logit_scale"), c.LogitsDivisor);
        base.WriteOwn(writer, config);
    }
}
