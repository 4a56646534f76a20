using System.Runtime.CompilerServices;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>OLMo 2: LLaMA's names, except for the norms after the sublayers.</summary>
sealed class Olmo2Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Olmo2Family());

    public override string ModelType => "olmo2";
    public override (int? Begin, int? End, int? Padding) Marks => (null, 50279, 1);
    public override IReadOnlyList<string> Architectures => ["Olmo2ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Olmo2");
    public override GgufFamily Gguf { get; } = new GgufOlmo2();

    public override ModelConfig Read(JsonFields json, string architecture) =>
        Read(json, new Olmo2Config { Vocab = 50304 }, epsilon: 1e-5) with { AttentionBias = json.Flag("attention_bias", false) };

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path, int rotary) => path switch
    {
        ["attention_after_norm", "weight"] => new(prefix + "post_attention_layernorm.weight"),
        ["feed_forward_after_norm", "weight"] => new(prefix + "post_feedforward_layernorm.weight"),
        _ => base.Block(config, prefix, path, rotary),
    };
}

/// <summary>OLMo 2 in GGUF.</summary>
sealed class GgufOlmo2 : GgufLlama
{
    public override string Architecture => "olmo2";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Olmo2Config { AttentionBias: false };
    public override ModelConfig Read(GgufFile file) => Read(file, new Olmo2Config { Vocab = Vocab(file) });
    protected override void WriteOwn(GgufWriter writer, LlamaConfig config) => WriteScaling(writer, config.RopeScaling);

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path) => path switch
    {
        ["attention_after_norm", "weight"] => new(prefix + "post_attention_norm.weight"),
        ["feed_forward_after_norm", "weight"] => new(prefix + "post_ffw_norm.weight"),
        _ => base.Block(config, prefix, path),
    };
}
