using Nonet.Checkpoints;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints;

/// <summary>Matrices that are one in the model may lie under the name of any of them, and count each where the file holds them apart.</summary>
public sealed class TiedMatricesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly BertConfig bert = new() { Vocab = 23, Context = 40, Layers = 1, Width = 12, Heads = 2, Hidden = 20, Head = ModelHead.Masked };
    static readonly T5Config t5 =
        new() { Vocab = 23, EncoderLayers = 1, DecoderLayers = 1, Width = 12, Heads = 2, HeadWidth = 6, Hidden = 20, Tied = true, ScaledOutput = true };
    static readonly TransformerConfig marian =
        new()
        {
            Vocab = 23,
            Context = 40,
            EncoderLayers = 1,
            DecoderLayers = 1,
            Width = 12,
            EncoderHeads = 2,
            DecoderHeads = 2,
            EncoderHidden = 20,
            DecoderHidden = 20
        };

    static ModelConfig Config(string family) => family switch
    {
        "gpt3" => (Gpt3Config)TinyModels.Config(family) with { Tied = true },
        "gptj" => (GptJConfig)TinyModels.Config(family) with { Tied = true },
        "llama" => TinyModels.LlamaConfig with { Tied = true },
        "mistral" => (MistralConfig)TinyModels.Config(family) with { Tied = true },
        "qwen2" => (Qwen2Config)TinyModels.Config(family) with { Tied = true },
        "qwen3" => (Qwen3Config)TinyModels.Config("qwen3 yarn") with { Tied = true },
        "phi3" => (Phi3Config)TinyModels.Config("phi3 longrope") with { Tied = true },
        "bert" => bert,
        "roberta" => new RobertaConfig { Vocab = 23, Context = 40, Layers = 1, Width = 12, Heads = 2, Hidden = 20 },
        "t5" => t5,
        "marian" => marian,
        "marian apart" => marian with { SharedTable = false, SourceVocab = 31 },
        _ => TinyModels.Config(family),
    };

    public static TheoryData<string, string, string> Names => new()
    {
        { "gpt", "transformer.wte.weight", "lm_head.weight" },
        { "gpt3", "transformer.wte.weight", "lm_head.weight" },
        { "gptj", "transformer.wte.weight", "lm_head.weight" },
        { "llama", "model.embed_tokens.weight", "lm_head.weight" },
        { "mistral", "model.embed_tokens.weight", "lm_head.weight" },
        { "qwen2", "model.embed_tokens.weight", "lm_head.weight" },
        { "qwen3", "model.embed_tokens.weight", "lm_head.weight" },
        { "phi3", "model.embed_tokens.weight", "lm_head.weight" },
        { "gemma2", "model.embed_tokens.weight", "lm_head.weight" },
        { "gemma3", "model.embed_tokens.weight", "lm_head.weight" },
        { "bert", "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight" },
        { "roberta", "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight" },
        { "t5", "shared.weight", "encoder.embed_tokens.weight" },
        { "t5", "shared.weight", "decoder.embed_tokens.weight" },
        { "t5", "shared.weight", "lm_head.weight" },
        { "marian", "model.shared.weight", "model.encoder.embed_tokens.weight" },
        { "marian", "model.shared.weight", "model.decoder.embed_tokens.weight" },
        { "marian", "model.shared.weight", "lm_head.weight" },
        { "marian apart", "model.decoder.embed_tokens.weight", "lm_head.weight" },
    };

    [Theory, MemberData(nameof(Names))]
    public void A_table_is_found_under_the_name_of_a_matrix_that_it_is_one_with(string family, string table, string sibling)
    {
        using var written = Save(Config(family));
        Rewrite((name, x, writer) => writer.Add(name == table ? sibling : name, x));
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Equal(Config(family), opened.Config);
        Assert.Empty(opened.Warnings);
        using var read = Fill(opened);
        foreach (var (p, q) in written.Parameters.Zip(read.Parameters))
            TinyModels.Close(p.Value.ToDoubles(), q.Value.ToDoubles(), 1e-6, p.Path); // GPT-Neo's queries are scaled
    }

    [Theory, MemberData(nameof(Names))]
    public void Both_count_where_their_values_differ(string family, string table, string sibling)
    {
        var config = Config(family);
        using var written = Save(config);
        Rewrite((name, x, writer) =>
        {
            writer.Add(name, x);
            if (name == table)
                writer.Add(sibling, Ops.Scale(x, 2));
        });
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Contains(sibling, Assert.Single(opened.Warnings), StringComparison.Ordinal);
        Assert.NotEqual(config, opened.Config);
        using var read = Fill(opened);
        var tokens = Value(written, "tokens/weight");
        Assert.Equal(sibling.Contains("decoder.embed", StringComparison.Ordinal) ? Twice(tokens) : tokens, Value(read, "tokens/weight"));
        if (sibling.Contains("encoder.embed", StringComparison.Ordinal))
            Assert.Equal(Twice(tokens), Value(read, "sources/weight"));
        else if (!sibling.Contains("decoder.embed", StringComparison.Ordinal))
            Assert.Equal(Twice(tokens), Value(read, family is "bert" or "roberta" ? "masked/output/weight" : "output/weight"));
    }

    [Fact] // torch.save writes both names of one storage
    public void Equal_values_under_both_names_are_one_matrix()
    {
        using var written = Save(Config("llama"));
        Rewrite((name, x, writer) =>
        {
            writer.Add(name, x);
            if (name == "model.embed_tokens.weight")
                writer.Add("lm_head.weight", x);
        });
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Empty(opened.Warnings);
        Assert.Equal(Config("llama"), opened.Config);
    }

    [Fact] // transformers computes with decoder.bias, and ties the two where one is missing
    public void The_bias_of_masked_tokens_has_two_names()
    {
        using var written = Save(bert);
        Rewrite((name, x, writer) =>
        {
            writer.Add(name, x);
            if (name == "cls.predictions.bias")
                writer.Add("cls.predictions.decoder.bias", Ops.Add(x, x.Device.Full(x.Shape, DType.F32, 3)));
        });
        using var read = Fill(HuggingFaceFolder.Open(folder.Path));
        Assert.Equal(Value(written, "masked/output/bias").Select(v => v + 3), Value(read, "masked/output/bias"));
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("t5")]
    [InlineData("gptj")]
    public void What_was_untied_is_written_and_read_untied(string family)
    {
        var config = Config(family).Untied()!;
        using var written = Save(config);
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Equal(config, opened.Config);
        using var read = Fill(opened);
        foreach (var (p, q) in written.Parameters.Zip(read.Parameters))
            Assert.Equal(p.Value.ToDoubles(), q.Value.ToDoubles());
    }

    [Fact]
    public void Weights_of_64_bits_are_computed_with_in_32()
    {
        using var written = Save(TinyModels.LlamaConfig);
        Rewrite((name, x, writer) =>
        {
            var wide = x.Device.Empty(x.Shape, DType.F64);
            x.Device.Copy(x, wide);
            writer.Add(name, wide);
        });
        using var read = Fill(HuggingFaceFolder.Open(folder.Path));
        Assert.All(read.Parameters, p => Assert.Equal(DType.F32, p.Value.DType));
        foreach (var (p, q) in written.Parameters.Zip(read.Parameters))
            Assert.Equal(p.Value.ToDoubles(), q.Value.ToDoubles());
    }

    ParameterStore Save(ModelConfig config)
    {
        var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForTraining(7);
        foreach (var p in store.Parameters.Where(p => p.Path.EndsWith("bias", StringComparison.Ordinal)))
            TinyModels.Cpu.Fill(p.Value, 0.5);
        HuggingFaceFolder.Save(folder.Path, config, store);
        return store;
    }

    /// <summary>Writes the weights again, each as the rule has it.</summary>
    void Rewrite(Action<string, Tensor, SafetensorsWriter> rule)
    {
        using var scope = new TensorScope();
        var file = SafetensorsFile.Open(folder["model.safetensors"]);
        var writer = new SafetensorsWriter();
        foreach (var name in file.Entries.Keys)
            rule(name, file.Read(name, TinyModels.Cpu), writer);
        writer.Save(folder["model.safetensors"]);
    }

    static ParameterStore Fill(HuggingFaceFolder opened)
    {
        var store = new ParameterStore(TinyModels.Cpu);
        opened.Config.Create(store.Root);
        store.FillForInference(opened.Weights);
        return store;
    }

    static double[] Value(ParameterStore store, string path) => store.Parameters.Single(p => p.Path == path).Value.ToDoubles();

    static double[] Twice(double[] x) => [.. x.Select(v => 2 * v)];
}
