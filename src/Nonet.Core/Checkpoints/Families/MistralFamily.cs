using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Mistral.</summary>
sealed class MistralFamily : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new MistralFamily());

    public override string ModelType => "mistral";
    public override IReadOnlyList<string> Architectures => ["MistralForCausalLM"];
    public override TaskClasses? TaskClasses => new("Mistral");

    public override GgufFamily? Gguf => new GgufMistral();

    public override ModelConfig Read(JsonFields json, string architecture) =>
        Read(json, new MistralConfig { Vocab = 32000, Context = 131072, Hidden = 14336 }, kvHeads: 8) with
        {
            Window = json.IsNull("sliding_window") ? null : json.Positive("sliding_window", 4096)
        };

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        json.WriteNumberOrNull("sliding_window", ((MistralConfig)config).Window);
    }
}

/// <summary>Mistral in GGUF: a LLaMA, which has no field for a window.</summary>
sealed class GgufMistral : GgufLlama
{
    public override bool Keeps(ModelConfig config) => config is MistralConfig;

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        RefuseWindow(((MistralConfig)config).Window, config.Context);
        base.WriteOwn(writer, config);
    }
}
