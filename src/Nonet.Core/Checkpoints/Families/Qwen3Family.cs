using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Qwen3, dense.</summary>
sealed class Qwen3Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Qwen3Family());

    public override string ModelType => "qwen3";
    public override (int? Begin, int? End, int? Padding) Marks => default;
    public override IReadOnlyList<string> Architectures => ["Qwen3ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Qwen3") { AnswersUnderTransformer = true };
    public override GgufFamily? Gguf => new GgufQwen3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Qwen3Config { Vocab = 151936, Context = 32768, Hidden = 22016 }, kvHeads: 32, headWidth: 128);
        var (window, windowed) = ReadWindows(json, config.Layers);
        return config with
        {
            AttentionBias = json.Flag("attention_bias", false),
            Window = window,
            Windowed = windowed,
        };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Qwen3Config)config;
        WriteWindows(json, c.Layers, c.Window, c.Windowed);
    }
}

/// <summary>Qwen3, dense.</summary>
sealed class GgufQwen3 : GgufLlama
{
    public override string Architecture => "qwen3";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Qwen3Config { AttentionBias: false };
    public override ModelConfig Read(GgufFile file) => Read(file, new Qwen3Config { Vocab = Vocab(file) });

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        RefuseWindow(((Qwen3Config)config).Window, config.Context);
        WriteScaling(writer, config.RopeScaling);
    }
}
