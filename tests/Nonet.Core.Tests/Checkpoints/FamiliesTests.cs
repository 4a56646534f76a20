using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints;

/// <summary>Every family, written and read back.</summary>
public sealed class FamiliesTests : IDisposable
{
    static readonly ModelConfig[] configs =
    [
        .. TinyModels.Families.Select(TinyModels.Config),
        TinyModels.GptConfig with { Hidden = 30, Tied = false, ScaleByLayer = true, Activation = Activation.Relu },
        TinyModels.LlamaConfig with { RopeScaling = new Llama3Rope(8, 1, 4, 100), RopeBase = 500000 },
        TinyModels.LlamaConfig with { RopeScaling = new DynamicRope(2, 160) },
        new BertConfig { Vocab = 23, Context = 40, Layers = 2, Width = 20, Heads = 2, Hidden = 33, Segments = 3, Dropout = 0.25f },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.Masked },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.Pooler },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Padding = 2 },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.Pooler },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.NextSentence },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.SequenceClassification,
            Labels = ["no", "yes", "\u00e9"], ClassifierDropout = 0.25f },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.SequenceClassification, Labels = ["score"],
            Problem = LabelProblem.Regression },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.TokenClassification, Labels = ["O"] },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.QuestionAnswering },
        new BertConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.MultipleChoice },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.SequenceClassification,
            Labels = ["a", "b"], Problem = LabelProblem.MultiLabel },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.TokenClassification,
            Labels = ["O", "B-X"] },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.QuestionAnswering },
        new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 20, Heads = 2, Hidden = 33, Head = ModelHead.MultipleChoice },
        new T5Config { Vocab = 23, EncoderLayers = 1, DecoderLayers = 2, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33 },
        new T5Config { Vocab = 23, EncoderLayers = 2, DecoderLayers = 1, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33, Gated = false,
            Activation = Activation.Relu, Tied = true, ScaledOutput = true, StartToken = 3 },
        new TransformerConfig { Vocab = 23, Context = 40, EncoderLayers = 1, DecoderLayers = 2, Width = 20, EncoderHeads = 2, DecoderHeads = 4,
            EncoderHidden = 33, DecoderHidden = 29 },
        new TransformerConfig { Vocab = 23, SourceVocab = 31, SharedTable = false, Tied = false, Context = 40, EncoderLayers = 1, DecoderLayers = 1, Width = 20,
            EncoderHeads = 2, DecoderHeads = 2, ScaledEmbedding = false },
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, configs.Length)];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ParameterStore Filled(ModelConfig config)
    {
        var store = new ParameterStore(TinyModels.Cpu);
        return TinyModels.Filled(config.Create(store.Root)).Parameters;
    }

    static void CheckSame(ParameterStore written, ModelConfig config, IWeightSource source, double tolerance)
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForInference(source);
        foreach (var (want, got) in written.Parameters.Zip(store.Parameters))
            TinyModels.Close(want.Value.ToDoubles(), got.Value.ToDoubles(), tolerance, want.Path);
    }

    [Theory, MemberData(nameof(Numbers))]
    public void A_folder_reads_back(int number)
    {
        var config = configs[number];
        using var written = Filled(config);
        HuggingFaceFolder.Save(folder.Path, config, written);
        var opened = HuggingFaceFolder.Open(folder.Path);
        var expected = config is LlamaConfig { RopeLayout: RopeLayout.Interleaved } llama ? llama with { RopeLayout = RopeLayout.HalfSplit } : config;
        Assert.Equal(expected, opened.Config);
        if (config.Equals(expected))
            CheckSame(written, opened.Config, opened.Weights, config is Gpt3Config ? 1e-6 : 0);
    }

    [Theory, MemberData(nameof(Numbers))]
    public void A_folder_in_half_precision_reads_back_rounded(int number)
    {
        var config = configs[number];
        using var written = Filled(config);
        HuggingFaceFolder.Save(folder.Path, config, written, dtype: DType.BF16);
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.All(opened.Tensors.Tensors.Values, t => Assert.Equal("BF16", t.Type));
        if (config is not LlamaConfig { RopeLayout: RopeLayout.Interleaved })
            CheckSame(written, opened.Config, opened.Weights, 1.0 / 128);
    }

    [Theory, MemberData(nameof(Numbers))]
    public void Gguf_computes_the_same_or_is_refused_by_name(int number)
    {
        var config = configs[number];
        using var written = Filled(config);
        var path = folder["x.gguf"];
        try
        {
            GgufModel.Save(path, config, written, type: "F32", stopping: TestContext.Current.CancellationToken);
        }
        catch (NotSupportedException e)
        {
            Assert.Contains("GGUF", e.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(path));
            return;
        }
        var opened = GgufModel.Open(path);
        using var store = new ParameterStore(TinyModels.Cpu);
        var (ours, theirs) = ((ICausalModel)config.Create(new ParameterStore(TinyModels.Cpu).Root), (ICausalModel)opened.Config.Create(store.Root));
        ours.Parameters.FillForInference(new Copy(written));
        store.FillForInference(opened.Weights);
        TinyModels.Close(TinyModels.Logits(ours, TinyModels.Ids(40)), TinyModels.Logits(theirs, TinyModels.Ids(40)), 1e-5, $"{config}");
    }

    sealed class Copy(ParameterStore store) : IWeightSource
    {
        public Tensor Find(Parameter parameter, Device device)
        {
            var copy = device.Empty(parameter.Shape);
            device.Copy(store.Parameters.Single(p => p.Path == parameter.Path).Value, copy);
            return copy;
        }
    }
}
