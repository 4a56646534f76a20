using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>The keys of a recipe's model: one section a kind of model. A vocab of null is the tokenizer's.</summary>
static class ModelSections
{
    static readonly Section<GptConfig> gpt2 = Gpt("gpt2", () => new GptConfig { Vocab = 0 });

    static readonly Section<Gpt3Config> gpt3 = Gpt("gpt3", () => new Gpt3Config { Vocab = 0 })
        .Whole("band", c => c.Band, (c, n) => c with { Band = n }, least: 1);

    static readonly Section<GptJConfig> gptj = Kind("gptj", () => new GptJConfig { Vocab = 0 })
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 1)
        .Whole("layers", c => c.Layers, (c, n) => c with { Layers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 1)
        .Whole("heads", c => c.Heads, (c, n) => c with { Heads = n }, least: 1)
        .Whole("rotary_width", c => c.RotaryWidth, (c, n) => c with { RotaryWidth = n }, least: 2)
        .WholeOrNull("hidden", c => c.Hidden, (c, n) => c with { Hidden = n }, least: 1)
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive);

    static readonly Section<LlamaConfig> llama = Llama("llama", () => new LlamaConfig { Vocab = 0, KvHeads = 0, Hidden = 0 });

    static readonly Section<MistralConfig> mistral = Llama("mistral", () => new MistralConfig { Vocab = 0, KvHeads = 0, Hidden = 0 })
        .WholeOrNull("window", c => c.Window, (c, n) => c with { Window = n }, least: 1);

    static readonly Section<Qwen2Config> qwen2 = Llama("qwen2", () => new Qwen2Config { Vocab = 0, KvHeads = 0, Hidden = 0 });
    static readonly Section<Qwen3Config> qwen3 = Llama("qwen3", () => new Qwen3Config { Vocab = 0, KvHeads = 0, Hidden = 0 });

    static readonly Section<Gemma3Config> gemma3 = Kind("gemma3", () => new Gemma3Config { Vocab = 0, KvHeads = 0, HeadWidth = 0, Hidden = 0, QueryScalar = 0 })
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 1)
        .Whole("layers", c => c.Layers, (c, n) => c with { Layers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 1)
        .Whole("heads", c => c.Heads, (c, n) => c with { Heads = n }, least: 1)
        .WholeOrNull("kv_heads", c => c.KvHeads, (c, n) => c with { KvHeads = n ?? 0 }, least: 1)
        .WholeOrNull("head_width", c => c.HeadWidth, (c, n) => c with { HeadWidth = n ?? 0 }, least: 2)
        .WholeOrNull("hidden", c => c.Hidden, (c, n) => c with { Hidden = n ?? 0 }, least: 1)
        .Whole("window", c => c.Window, (c, n) => c with { Window = n }, least: 1)
        .Number("query_scalar", c => c.QueryScalar, (c, x) => c with { QueryScalar = x }, "a number of at least 0; 0: the width of a head", x => x >= 0)
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive)
        .Number("rope_base", c => c.RopeBase, (c, x) => c with { RopeBase = x }, "a number above 1", x => x > 1)
        .Number("local_rope_base", c => c.LocalRopeBase ?? c.RopeBase, (c, x) => c with { LocalRopeBase = x }, "a number above 1", x => x > 1)
        .Flag("tied", c => c.Tied, (c, on) => c with { Tied = on });

    static readonly Section<TransformerConfig> transformer = Kind("transformer", () => new TransformerConfig { Vocab = 0, StartToken = -1 })
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 2)
        .Whole("encoder_layers", c => c.EncoderLayers, (c, n) => c with { EncoderLayers = n }, least: 1)
        .Whole("decoder_layers", c => c.DecoderLayers, (c, n) => c with { DecoderLayers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 2)
        .Whole("heads", c => c.EncoderHeads, (c, n) => c with { EncoderHeads = n, DecoderHeads = n }, least: 1)
        .WholeOrNull("key_width", c => c.KeyWidth, (c, n) => c with { KeyWidth = n }, least: 1)
        .Whole("hidden", c => c.EncoderHidden, (c, n) => c with { EncoderHidden = n, DecoderHidden = n }, least: 1)
        .Choice("norm", c => c.Norm, (c, choice) => c with { Norm = choice }, ("post", NormPlacement.Post), ("pre", NormPlacement.Pre))
        .Choice("positions", c => c.Positions, (c, choice) => c with { Positions = choice }, ("sinusoidal", PositionKind.Sinusoidal), ("learned", PositionKind.Learned), ("none", PositionKind.None))
        .Choice("activation", c => c.Activation, (c, choice) => c with { Activation = choice }, ("relu", Activation.Relu), ("gelu", Activation.Gelu), ("silu", Activation.Silu))
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive)
        .Number("dropout", c => YamlText.Shortest(c.Dropout), (c, x) => c with { Dropout = (float)x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Number("attention_dropout", c => YamlText.Shortest(c.AttentionDropout), (c, x) => c with { AttentionDropout = (float)x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Flag("causal", c => c.Causal, (c, on) => c with { Causal = on })
        .Flag("tied", c => c.Tied, (c, on) => c with { Tied = on })
        .WholeOrNull("start_token", c => c.StartToken < 0 ? null : c.StartToken, (c, n) => c with { StartToken = n ?? -1 });

    static readonly Section<BertConfig> bert = Bert("bert", () => new BertConfig { Vocab = 0 })
        .Whole("segments", c => c.Segments, (c, n) => c with { Segments = n }, least: 1)
        .Choice("head", c => c.Head, (c, choice) => c with { Head = choice }, ("pretraining", BertHead.PreTraining), ("masked", BertHead.Masked));

    static readonly Section<RobertaConfig> roberta = Bert("roberta", () => new RobertaConfig { Vocab = 0 })
        .Whole("padding", c => c.Padding, (c, n) => c with { Padding = n });

    static readonly (string Name, Type Config, Func<YamlValue, ModelConfig> Read, Func<ModelConfig, YamlNode> Write)[] kinds =
    [
        ("gpt2", typeof(GptConfig), v => gpt2.Read(v), c => gpt2.Write((GptConfig)c)),
        ("gpt3", typeof(Gpt3Config), v => gpt3.Read(v), c => gpt3.Write((Gpt3Config)c)),
        ("gptj", typeof(GptJConfig), v => gptj.Read(v), c => gptj.Write((GptJConfig)c)),
        ("llama", typeof(LlamaConfig), v => Completed(llama.Read(v)), c => llama.Write((LlamaConfig)c)),
        ("mistral", typeof(MistralConfig), v => Completed(mistral.Read(v)), c => mistral.Write((MistralConfig)c)),
        ("qwen2", typeof(Qwen2Config), v => Completed(qwen2.Read(v)), c => qwen2.Write((Qwen2Config)c)),
        ("qwen3", typeof(Qwen3Config), v => Completed(qwen3.Read(v)), c => qwen3.Write((Qwen3Config)c)),
        ("gemma3", typeof(Gemma3Config), v => Completed(gemma3.Read(v)), c => gemma3.Write((Gemma3Config)c)),
        ("bert", typeof(BertConfig), v => bert.Read(v), c => bert.Write((BertConfig)c)),
        ("roberta", typeof(RobertaConfig), v => roberta.Read(v), c => roberta.Write((RobertaConfig)c)),
        ("transformer", typeof(TransformerConfig), v => transformer.Read(v), c => transformer.Write((TransformerConfig)c)),
    ];

    static string Names => string.Join(", ", kinds.Select(k => k.Name).SkipLast(1)) + " or " + kinds[^1].Name;

    public static ModelConfig Read(YamlValue model)
    {
        var field = model.Fields("keys such as kind, layers, width").FirstOrDefault(f => f.Name == "kind");
        if (field.Name is null)
            throw new RecipeException($"{model.At}: {model.Key}.kind: found nothing; expected {Names}");
        var name = field.Value.Text(Names);
        foreach (var kind in kinds)
        {
            if (kind.Name == name)
                return kind.Read(model);
        }
        throw field.Value.Wrong(Names);
    }

    public static YamlNode Write(ModelConfig config)
    {
        foreach (var kind in kinds)
        {
            if (kind.Config == config.GetType())
                return kind.Write(config);
        }
        throw new ArgumentException($"a recipe trains {Names}; the model is a {config.GetType().Name}");
    }

    static bool Positive(double x) => x > 0;

    static Section<T> Kind<T>(string name, Func<T> defaults) where T : ModelConfig => new Section<T>(defaults)
        .Add("kind", (c, _) => c, _ => YamlText.Of(name))
        .WholeOrNull("vocab", c => c.Vocab == 0 ? null : c.Vocab, (c, n) => c with { Vocab = n ?? 0 }, least: 1);

    static Section<T> Gpt<T>(string name, Func<T> defaults) where T : GptConfig => Kind(name, defaults)
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 1)
        .Whole("layers", c => c.Layers, (c, n) => c with { Layers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 1)
        .Whole("heads", c => c.Heads, (c, n) => c with { Heads = n }, least: 1)
        .WholeOrNull("hidden", c => c.Hidden, (c, n) => c with { Hidden = n }, least: 1)
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive)
        .Number("dropout", c => YamlText.Shortest(c.Dropout), (c, x) => c with { Dropout = (float)x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Flag("tied", c => c.Tied, (c, on) => c with { Tied = on });

    static Section<T> Bert<T>(string name, Func<T> defaults) where T : BertConfig => Kind(name, defaults)
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 8)
        .Whole("layers", c => c.Layers, (c, n) => c with { Layers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 1)
        .Whole("heads", c => c.Heads, (c, n) => c with { Heads = n }, least: 1)
        .Whole("hidden", c => c.Hidden, (c, n) => c with { Hidden = n }, least: 1)
        .Choice("activation", c => c.Activation, (c, choice) => c with { Activation = choice }, ("gelu", Activation.Gelu), ("gelu_tanh", Activation.GeluTanh), ("relu", Activation.Relu))
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive)
        .Number("dropout", c => YamlText.Shortest(c.Dropout), (c, x) => c with { Dropout = (float)x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Number("attention_dropout", c => YamlText.Shortest(c.AttentionDropout), (c, x) => c with { AttentionDropout = (float)x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Flag("causal", c => c.Causal, (c, on) => c with { Causal = on });

    /// <summary>0 stands for what is computed from the other fields when all are read.</summary>
    static Section<T> Llama<T>(string name, Func<T> defaults) where T : LlamaConfig => Kind(name, defaults)
        .Whole("context", c => c.Context, (c, n) => c with { Context = n }, least: 1)
        .Whole("layers", c => c.Layers, (c, n) => c with { Layers = n }, least: 1)
        .Whole("width", c => c.Width, (c, n) => c with { Width = n }, least: 1)
        .Whole("heads", c => c.Heads, (c, n) => c with { Heads = n }, least: 1)
        .WholeOrNull("kv_heads", c => c.KvHeads, (c, n) => c with { KvHeads = n ?? 0 }, least: 1)
        .WholeOrNull("head_width", c => c.HeadWidth, (c, n) => c with { HeadWidth = n }, least: 2)
        .WholeOrNull("hidden", c => c.Hidden, (c, n) => c with { Hidden = n ?? 0 }, least: 1)
        .Number("epsilon", c => YamlText.Shortest(c.Epsilon), (c, x) => c with { Epsilon = (float)x }, "a number above 0", Positive)
        .Number("rope_base", c => c.RopeBase, (c, x) => c with { RopeBase = x }, "a number above 1", x => x > 1)
        .Flag("tied", c => c.Tied, (c, on) => c with { Tied = on });

    static T Completed<T>(T c) where T : LlamaConfig => c with
    {
        KvHeads = c.KvHeads == 0 ? c.Heads : c.KvHeads,
        Hidden = c.Hidden == 0 ? LlamaConfig.HiddenFor(c.Width, multipleOf: 32) : c.Hidden,
    };

    static Gemma3Config Completed(Gemma3Config c)
    {
        var headWidth = c.HeadWidth == 0 ? c.Width / c.Heads : c.HeadWidth;
        return c with
        {
            KvHeads = c.KvHeads == 0 ? c.Heads : c.KvHeads,
            HeadWidth = headWidth,
            Hidden = c.Hidden == 0 ? 4 * c.Width : c.Hidden,
            QueryScalar = c.QueryScalar == 0 ? headWidth : c.QueryScalar,
        };
    }
}
