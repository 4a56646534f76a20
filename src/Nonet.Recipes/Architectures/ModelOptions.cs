using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Models;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of a model in a recipe. It becomes the architecture's configuration once the tokenizer is known.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = KindKey)]
[JsonDerivedType(typeof(GptOptions), "gpt2")]
[JsonDerivedType(typeof(Gpt3Options), "gpt3")]
[JsonDerivedType(typeof(GptJOptions), "gptj")]
[JsonDerivedType(typeof(LlamaOptions), "llama")]
[JsonDerivedType(typeof(MistralOptions), "mistral")]
[JsonDerivedType(typeof(Qwen2Options), "qwen2")]
[JsonDerivedType(typeof(Qwen3Options), "qwen3")]
[JsonDerivedType(typeof(Qwen3MoeOptions), "qwen3_moe")]
[JsonDerivedType(typeof(Olmo2Options), "olmo2")]
[JsonDerivedType(typeof(GraniteOptions), "granite")]
[JsonDerivedType(typeof(Gemma3Options), "gemma3")]
[JsonDerivedType(typeof(BertOptions), "bert")]
[JsonDerivedType(typeof(RobertaOptions), "roberta")]
[JsonDerivedType(typeof(TransformerOptions), "transformer")]
public abstract record ModelOptions
{
    internal const string KindKey = "kind";

    /// <summary>Maximum of a count or width, and maximum number of layers.</summary>
    private protected const int Most = ModelConfig.MostOfAnything, Deepest = ModelConfig.MostLayers;

    /// <summary>Number of ids of the model; null: that of the tokenizer.</summary>
    [Option("Number of ids of the model; null: that of the tokenizer.", Least = 1, Most = Most)]
    [JsonPropertyOrder(-1)]
    public int? Vocab { get; init; }

    /// <summary>Creates the configuration of the model.</summary>
    /// <param name="vocab">Number of ids of the tokenizer, used if <see cref="Vocab"/> is null.</param>
    public abstract ModelConfig Config(int vocab);

    /// <summary>The options, with null replaced by values that follow from the others.</summary>
    internal virtual ModelOptions Completed() => this;
}
