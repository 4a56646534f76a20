using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Qwen2 and Qwen2.5.</summary>
sealed class Qwen2Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Qwen2Family());

    public override string ModelType => "qwen2";
    public override (int? Begin, int? End, int? Padding) Marks => default;
    public override IReadOnlyList<string> Architectures => ["Qwen2ForCausalLM"];
    public override TaskClasses? TaskClasses => new("Qwen2") { AnswersUnderTransformer = true };
    public override GgufFamily? Gguf => new GgufQwen2();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Qwen2Config { Vocab = 151936, Context = 32768, Hidden = 22016 }, kvHeads: 32);
        var (window, windowed) = ReadWindows(json, config.Layers);
        return config with { Window = window, Windowed = windowed };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Qwen2Config)config;
        WriteWindows(json, c.Layers, c.Window, c.Windowed);
    }
}

/// <summary>Qwen2 and Qwen2.5.</summary>
sealed class GgufQwen2 : GgufLlama
{
    public override string Architecture => "qwen2";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Qwen2Config;
    public override ModelConfig Read(GgufFile file) => Read(file, new Qwen2Config { Vocab = Vocab(file) });

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        RefuseWindow(((Qwen2Config)config).Window, config.Context);
        WriteScaling(writer, config.RopeScaling);
    }
}
