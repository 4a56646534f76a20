using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Reference;

namespace Nonet.Tests.Models;

/// <summary>Decoders small enough for finite differences, with weights large enough that a wrong layout shows.</summary>
static class TinyModels
{
    public static readonly ReferenceDevice Reference = new();
    public static readonly CpuDevice Cpu = new(new CpuOptions { Threads = 2 });

    public static readonly GptConfig GptConfig = new() { Vocab = 23, Context = 160, Layers = 2, Width = 20, Heads = 4 };

    public static readonly LlamaConfig LlamaConfig = new()
    {
        Vocab = 23,
        Context = 160,
        Layers = 2,
        Width = 20,
        Heads = 4,
        KvHeads = 2,
        HeadWidth = 6,
        Hidden = 37,
    };

    /// <summary>The families that every test of decoders runs over.</summary>
    public static readonly string[] Families =
        ["gpt", "gpt3", "gptj", "llama", "llama tied interleaved", "llama biased linear", "mistral", "qwen2", "qwen3 yarn", "phi3 longrope", "gemma2", "gemma3",
        "olmo2", "granite", "qwen3moe"];

    public static ICausalModel Build(string family, Device device, bool train = true) => Filled(Declare(family, new ParameterStore(device)), train);

    public static ICausalModel Declare(string family, ParameterStore store) => (ICausalModel)Config(family).Create(store.Root);

    public static ModelConfig Config(string family) => family switch
    {
        "gpt" => GptConfig,
        "gpt3" => new Gpt3Config { Vocab = 23, Context = 160, Layers = 2, Width = 20, Heads = 2, Band = 5, Hidden = 33, Tied = false },
        "gptj" => new GptJConfig { Vocab = 23, Context = 160, Layers = 2, Width = 20, Heads = 2, RotaryWidth = 4 },
        "llama" => LlamaConfig,
        "llama tied interleaved" => LlamaConfig with { Tied = true, RopeLayout = RopeLayout.Interleaved, KvHeads = 4 },
        "llama biased linear" => LlamaConfig with { AttentionBias = true, FeedForwardBias = true, RopeScaling = new LinearRope(2) },
        "mistral" => new MistralConfig { Vocab = 23, Context = 160, Layers = 2, Width = 20, Heads = 4, KvHeads = 2, HeadWidth = 6, Hidden = 37, Window = 4 },
        "qwen2" => new Qwen2Config
        {
            Vocab = 23,
            Context = 160,
            Layers = 2,
            Width = 24,
            Heads = 4,
            KvHeads = 1,
            Hidden = 37,
            Window = 6,
            Windowed = new(false, true)
        },
        "qwen3 yarn" => new Qwen3Config
        {
            Vocab = 23,
            Context = 160,
            Layers = 2,
            Width = 20,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 6,
            Hidden = 37,
            RopeScaling = new YarnRope(4, 40)
        },
        "phi3 longrope" => new Phi3Config
        {
            Vocab = 23,
            Context = 160,
            Layers = 2,
            Width = 24,
            Heads = 3,
            KvHeads = 1,
            Hidden = 37,
            RotaryShare = 0.5,
            RopeScaling = new LongRope([1.5, 2], [3, 4], 4, 160),
        },
        "gemma2" => new Gemma2Config
        {
            Vocab = 23,
            Context = 160,
            Layers = 2,
            Width = 20,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 6,
            Hidden = 37,
            Window = 4,
            AttentionSoftCap = 2,
            OutputSoftCap = 5
        },
        "gemma3" => new Gemma3Config
        {
            Vocab = 23,
            Context = 160,
            Layers = 3,
            Width = 20,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 6,
            Hidden = 37,
            Window = 5,
            Windowed = new(true, true, false),
            QueryScalar = 5
        },
        "olmo2" => new Olmo2Config { Vocab = 23, Context = 160, Layers = 2, Width = 20, Heads = 4, KvHeads = 2, HeadWidth = 6, Hidden = 37 },
        "granite" => new GraniteConfig
        {
            Vocab = 23,
            Context = 160,
            Layers = 2,
            Width = 20,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 6,
            Hidden = 37,
            EmbeddingMultiplier = 3,
            AttentionMultiplier = 0.3f,
            ResidualMultiplier = 0.6f,
            LogitsDivisor = 1.5f,
        },
        "qwen3moe" => new Qwen3MoeConfig
        {
            Vocab = 23,
            Context = 160,
            Layers = 3,
            Width = 20,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 6,
            Hidden = 37,
            Experts = 4,
            ExpertsPerToken = 3,
            ExpertHidden = 11,
            Normalized = true,
            Sparse = new(true, false, true),
        },
        _ => throw new ArgumentException(family),
    };

    public static T Filled<T>(T model, bool train = true) where T : ILanguageModel
    {
        if (train)
            model.Parameters.FillForTraining(1, new Loud());
        else
            model.Parameters.FillForInference(new Loud());
        return model;
    }

    public static int[] Ids(int count, int vocab = 23, uint site = 0) =>
        [.. Enumerable.Range(0, count).Select(i => Philox.Below(new RandomKey(5, 0, site), (ulong)i, vocab))];

    /// <summary>The linear layers of all blocks.</summary>
    public static IEnumerable<Linear> Linears(ILanguageModel model) =>
        model.Parameters.Parameters.Where(p => p.Path.Contains("blocks", StringComparison.Ordinal)).Select(p => p.Layer).OfType<Linear>();

    /// <summary>Gives every linear layer an adapter; its B starts at zero only where asked for.</summary>
    public static ParameterStore AddAdapters(ICausalModel model, int rank, float scale, bool zero = false)
    {
        var store = new ParameterStore(model.Parameters.Device);
        foreach (var linear in Linears(model))
            linear.Adapter = new LowRankAdapter(store.Root / linear.Weight.Path, linear.Weight, rank, scale);
        store.FillForTraining(2, zero ? null : new Loud());
        return store;
    }

    /// <summary>Logits (N · Vocab) of sequences computed as one flat batch.</summary>
    public static double[] Logits(ICausalModel model, params int[][] sequences)
    {
        using var scope = new TensorScope();
        return model.Output(model.Forward(Batch.Of(model.Parameters.Device, sequences))).ToDoubles();
    }

    public static void Close(double[] want, double[] got, double tolerance, string what, double floor = 1e-9)
    {
        Assert.Equal(want.Length, got.Length);
        var scale = want.Max(Math.Abs) + floor;
        for (var i = 0; i < want.Length; i++)
            Assert.True(Math.Abs(want[i] - got[i]) <= tolerance * scale, $"{what}: element {i} is {got[i]:G9}, expected {want[i]:G9} (scale {scale:G4})");
    }

    /// <summary>Normal values of some 0.35, about one for the weights of norms; floats, so that every device starts from the same numbers.</summary>
    sealed class Loud : IWeightSource
    {
        public Tensor Find(Parameter parameter, Device device)
        {
            var key = new RandomKey(9, 0, 0).At(parameter.Path);
            var mean = parameter.Path.Contains("norm", StringComparison.Ordinal) && parameter.Path.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            return device.From(parameter.Shape,
                Enumerable.Range(0, (int)parameter.Elements).Select(i => (float)(mean + 0.35 * Philox.Normal(key, (ulong)i))).ToArray());
        }
    }
}
