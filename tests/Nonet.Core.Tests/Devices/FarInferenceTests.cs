using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Inference;
using Nonet.Inference.Beams;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Far;
using Nonet.Tests.Inference;
using Nonet.Tests.Models;
using Nonet.Tests.Models.Encoders;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Devices;

/// <summary>Every family works where the host cannot read the memory, with the results of the device behind it.</summary>
public sealed class FarInferenceTests : IDisposable
{
    static readonly Tokenizer tokenizer =
        WordPieceTrainer.Train(["the old whale sailed to a red sea and met two ships there ."], new WordPieceTrainerOptions { Vocab = 120, MinFrequency = 1 },
        threads: 1);

    readonly FarDevice far = new(new CpuOptions { Threads = 2 });
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        far.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Decoders => [.. TinyModels.Families];

    /// <summary>The same on both devices.</summary>
    void Same<T>(Func<Device, T> work) => Assert.Equivalent(work(TinyModels.Cpu), work(far), strict: true);

    static T Filled<T>(ModelConfig config, Device device) where T : ILanguageModel =>
        TinyModels.Filled((T)config.Create(new ParameterStore(device).Root), train: false);

    [Theory, MemberData(nameof(Decoders))]
    public void A_decoder_writes(string family)
    {
        foreach (var sampler in new[] { SamplerOptions.Greedy,
            new SamplerOptions { Temperature = 0.8, TopK = 9, TopP = 0.95, RepetitionPenalty = 1.1, Seed = 7 } })
        {
            Same(device => Written.Ids(Filled<ICausalModel>(TinyModels.Config(family), device), TinyModels.Ids(30),
                new GenerationOptions { Sampler = sampler, MaxTokens = 40 }, new EngineOptions { TokensPerStep = 16 }));
        }
    }

    [Fact]
    public void A_token_waits_for_the_device_once()
    {
        var model = Filled<ICausalModel>(TinyModels.LlamaConfig, far);
        var before = far.Downloads;
        Assert.Equal(20, Written.Ids(model, [1, 2, 3], new GenerationOptions { MaxTokens = 20 }).Length);
        Assert.Equal(20, far.Downloads - before);
    }

    [Fact]
    public void Sequences_of_a_cache_are_forked_and_its_pools_grow()
    {
        Same(device =>
        {
            var model = Filled<ICausalModel>(TinyModels.GptConfig, device);
            using var cache = new KvCache(model);
            using var scope = new TensorScope();
            var first = cache.Begin();
            model.Forward(cache.Append(first, TinyModels.Ids(70)), cache);
            int[] forks = [first, cache.Fork(first), cache.Fork(first)];
            var ids = TinyModels.Ids(150, site: 1);
            var logits = model.Output(model.Forward(cache.Append(forks, ids, [0, 80, 81, 150]), cache));
            return (cache.Bytes, logits.ToDoubles());
        });
    }

    public static TheoryData<string> Pairs => EncoderTests.Pairs;

    [Theory, MemberData(nameof(Pairs))]
    public void An_encoder_decoder_searches_writes_and_shows_its_attention(string name)
    {
        int[][] sources = [TinyModels.Ids(7), TinyModels.Ids(3, site: 1)];
        Same(device => new BeamSearch(Filled<IEncoderDecoder>(EncoderTests.ConfigOf(name), device), new BeamOptions { Beam = 3, EndToken = 1, MaxExtra = 8 })
            .Run(sources, TestContext.Current.CancellationToken).SelectMany(h => h).Select(h => (h.LogProbability, string.Join(' ', h.Tokens))).ToArray());
        Same(device => Written.Ids(Filled<IEncoderDecoder>(EncoderTests.ConfigOf(name), device), sources[0], new GenerationOptions { MaxTokens = 9 }));
        Same(device =>
        {
            var model = Filled<IEncoderDecoder>(EncoderTests.ConfigOf(name), device);
            using var scope = new TensorScope();
            var recorder = new AttentionRecorder();
            model.Decode(Batch.Of(device, TinyModels.Ids(4)).With(recorder), model.Encode(Batch.Of(device, sources[0]).With(recorder)));
            return recorder.Self.Concat(recorder.Cross).Select(m => m[1, 2, 1]).ToArray();
        });
    }

    [Fact]
    public void An_encoder_does_its_tasks()
    {
        const string Text = "the old whale met two ships .";
        Same(d => Enum.GetValues<Pooling>().Select(pooling => new TextEmbedder(Encoder(ModelHead.Pooler, d), tokenizer, pooling).Embed(Text).Vector).ToArray());
        Same(d => new MaskFiller(Encoder(ModelHead.Masked, d), tokenizer).Fill("the [MASK] whale sailed to [MASK]", top: 3));
        Same(d => new TextClassifier(Encoder(ModelHead.SequenceClassification, d, "bad", "good"), tokenizer).Classify(Text, "a sea"));
        Same(d => new EntityTagger(Encoder(ModelHead.TokenClassification, d, "O", "B-X", "I-X"), tokenizer).Tag(Text));
        Same(d => new QuestionAnswerer(Encoder(ModelHead.QuestionAnswering, d), tokenizer).Find("who met ships", Text));
        Same(d => new ChoiceRanker(Encoder(ModelHead.MultipleChoice, d), tokenizer).Rank("the whale", ["sailed", "met two ships"]));
    }

    static Bert Encoder(ModelHead head, Device device, params string[] labels) =>
        Filled<Bert>(new BertConfig { Vocab = 120, Context = 40, Layers = 2, Width = 8, Heads = 2, Hidden = 11, Head = head, Labels = labels }, device);

    [Fact]
    public void Files_are_written_and_read()
    {
        var config = new LlamaConfig { Vocab = 64, Context = 32, Layers = 2, Width = 64, Heads = 2, KvHeads = 1, Hidden = 96 };
        using var scope = new TensorScope();
        foreach (var type in QuantizationMix.All.Select(m => m.Name))
        {
            Same(device =>
            {
                var (file, again) = (folder[$"{device.Name}-{type}.gguf"], folder[$"{device.Name}-{type}-2.gguf"]);
                GgufModel.Save(file, config, Filled<ICausalModel>(config, device).Parameters, type: type);
                var opened = GgufModel.Open(file);
                var model = (ICausalModel)opened.Config.Create(new ParameterStore(device).Root);
                model.Parameters.FillForInference(opened.Weights);
                GgufModel.Save(again, opened.Config, model.Parameters, type: type);
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(again));
                return TinyModels.Logits(model, TinyModels.Ids(9));
            });
        }
        foreach (var (family, type) in new[] { ("gpt", DType.F16), ("gemma2", DType.BF16), ("llama tied interleaved", DType.F32),
            ("phi3 longrope", DType.F32) })
        {
            Same(device =>
            {
                var path = folder[$"{device.Name}-{family}"];
                HuggingFaceFolder.Save(path, TinyModels.Config(family), TinyModels.Build(family, device, train: false).Parameters, dtype: type);
                var opened = HuggingFaceFolder.Open(path);
                var model = (ICausalModel)opened.Config.Create(new ParameterStore(device).Root);
                model.Parameters.FillForInference(opened.Weights);
                return TinyModels.Logits(model, TinyModels.Ids(9));
            });
        }
    }
}
