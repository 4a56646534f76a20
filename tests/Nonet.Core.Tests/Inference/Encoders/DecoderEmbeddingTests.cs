using System.Text;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Goldens;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference.Encoders;

/// <summary>Vectors of texts from the hidden states of decoders.</summary>
public sealed class DecoderEmbeddingTests : IDisposable
{
    const string Pooling1 = "1_Pooling";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <summary>A model of the goldens with a tokenizer whose words are ids: "5 17 9".</summary>
    void Copy(string name, bool marksEnds = false)
    {
        foreach (var file in Directory.GetFiles(Golden.Path($"embeddings/{name}")))
        {
            if (!File.Exists(folder[Path.GetFileName(file)])) // mapped once it is open
                File.Copy(file, folder[Path.GetFileName(file)]);
        }
        var mark = """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"47","type_id":0}}],"""
            + """ "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{"47":{"id":"47","ids":[47],"tokens":["47"]}}}""";
        var vocabulary = new JsonObject(Enumerable.Range(0, 48).Select(i => KeyValuePair.Create($"{i}", (JsonNode?)i)));
        folder.Add("tokenizer.json", $$$"""
            {"version":"1.0","added_tokens":[{"id":47,"content":"47","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
             "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":{{{(marksEnds ? mark : "null")}}},
             "model":{"type":"WordLevel","vocab":{{{vocabulary.ToJsonString()}}},"unk_token":"0"} }
            """);
        folder.Add("tokenizer_config.json", """{"eos_token":"47"}""");
    }

    void Module(string type, string path, string? pooling)
    {
        folder.Add("modules.json", $$"""
            [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
             {"idx":1,"name":"1","path":"{{Pooling1}}","type":"sentence_transformers.models.Pooling"},
             {"idx":2,"name":"2","path":"{{path}}","type":"{{type}}"}]
            """);
        Directory.CreateDirectory(folder[Pooling1]);
        folder.Add(Path.Combine(Pooling1, "config.json"), pooling ?? "{}");
    }

    static double[][] Wanted(JsonNode golden, string mode) =>
        [.. golden[mode]!.AsArray().Select(row => row!.AsArray().Select(v => v!.GetValue<double>()).ToArray())];

    static async Task<float[][]> Embed(TextEmbedder embedder, IEnumerable<string> texts) =>
        [.. (await embedder.Embed(texts.ToAsyncEnumerable(), Stopping).ToListAsync(Stopping)).Select(e => e.Vector)];

    [Theory, InlineData("llama"), InlineData("qwen3")]
    public async Task Vectors_are_those_of_transformers_alone_and_in_a_batch(string name)
    {
        Copy(name, marksEnds: false);
        var golden = Golden.Json($"embeddings/{name}/golden.json");
        string[] texts = [.. golden["ids"]!.AsArray().Select(row => string.Join(' ', row!.AsArray()))];
        using var model = LanguageModel.Open(folder.Path, TinyModels.Cpu);
        Assert.Equal("modules.json", Path.GetFileName(folder.Add("modules.json", "[]"))); // with it, no token is appended
        foreach (var (mode, pooling) in new[] { ("mean", Pooling.Mean), ("last", Pooling.Last), ("cls", Pooling.Cls), ("max", Pooling.Max) })
        {
            var embedder = model.CreateEmbedder(pooling);
            var all = await Embed(embedder, texts);
            foreach (var ((wanted, found), text) in Wanted(golden, mode).Zip(all).Zip(texts))
            {
                TinyModels.Close(wanted, [.. found.Select(v => (double)v)], 1e-4, mode);
                Assert.Equal(embedder.Embed(text).Vector, found);
            }
        }
        Module("sentence_transformers.models.Normalize", "2_Normalize",
            """{"word_embedding_dimension":16,"pooling_mode_mean_tokens":false,"pooling_mode_lasttoken":true}""");
        var stored = model.CreateEmbedder();
        Assert.Equal((Pooling.Last, 16), (stored.Pooling, stored.Width));
        foreach (var (wanted, found) in Wanted(golden, "unit").Zip(await Embed(stored, texts)))
            TinyModels.Close(wanted, [.. found.Select(v => (double)v)], 1e-4, "unit");
        Assert.Equal(await Embed(stored, texts[..1]), [await model.EmbedAsync(texts[0], Stopping)]);
    }

    [Fact]
    public void A_vector_of_the_last_token_is_read_from_an_end_token()
    {
        Copy("qwen3");
        using (var model = LanguageModel.Open(folder.Path, TinyModels.Cpu))
        {
            var embedder = model.CreateEmbedder(Pooling.Last);
            Assert.Equal(3, embedder.Embed("5 6").Tokens);
            Assert.Equal(2, model.CreateEmbedder(Pooling.Mean).Embed("5 6").Tokens);
            var cut = embedder.Embed(string.Join(' ', Enumerable.Repeat("5", 70)));
            Assert.Equal((64, 7), (cut.Tokens, cut.Cut));
            folder.Add("modules.json", "[]");
            Assert.Equal(2, model.CreateEmbedder(Pooling.Last).Embed("5 6").Tokens);
            folder.Add("tokenizer_config.json", """{"eos_token":"47","add_eos_token":true}""");
            Assert.Equal(embedder.Embed("5 6").Vector, model.CreateEmbedder(Pooling.Last).Embed("5 6").Vector);
            File.Delete(folder["modules.json"]);
        }
        Copy("qwen3", marksEnds: true);
        using var marked = LanguageModel.Open(folder.Path, TinyModels.Cpu);
        Assert.Equal(3, marked.CreateEmbedder(Pooling.Last).Embed("5 6").Tokens); // the tokenizer's own, and no second
    }

    [Fact]
    public void Files_of_sentence_transformers_set_length_and_prompt()
    {
        Copy("llama");
        Module("sentence_transformers.models.Normalize", "2_Normalize", """{"pooling_mode":"mean"}""");
        folder.Add("sentence_bert_config.json", """{"max_seq_length":4,"do_lower_case":false}""");
        using var model = LanguageModel.Open(folder.Path, TinyModels.Cpu);
        var cut = model.CreateEmbedder().Embed("1 2 3 4 5 6");
        Assert.Equal((4, 2), (cut.Tokens, cut.Cut));
        Assert.Equal(1, cut.Vector.Sum(v => v * v), 1e-5);
        folder.Add("config_sentence_transformers.json", """{"prompts":{"query":"9 8 "},"default_prompt_name":"query"}""");
        Assert.Equal(model.CreateEmbedder(normalize: false).Embed("1 2").Vector, Plain("9 8 1 2"));

        float[] Plain(string text)
        {
            File.Delete(folder["config_sentence_transformers.json"]);
            return model.CreateEmbedder(normalize: false).Embed(text).Vector;
        }
    }

    [Theory]
    [InlineData("sentence_transformers.models.Dense", null,
        "'modules[2].type': \"sentence_transformers.models.Dense\"; expected Transformer, Pooling or Normalize")]
    [InlineData("sentence_transformers.models.Normalize", """{"pooling_mode_cls_token":true,"pooling_mode_max_tokens":true}""", "pooling by cls and max")]
    [InlineData("sentence_transformers.models.Normalize", """{"pooling_mode_mean_tokens":false,"pooling_mode_weightedmean_tokens":true}""",
        "pooling by weightedmean")]
    [InlineData("sentence_transformers.models.Normalize", """{"pooling_mode":"sum"}""", "'pooling_mode': \"sum\"")]
    [InlineData("sentence_transformers.models.Normalize", """{"include_prompt":false}""", "include_prompt")]
    public void What_cannot_be_computed_is_refused_by_name(string type, string? pooling, string message)
    {
        Copy("llama");
        Module(type, "2", pooling);
        using var model = LanguageModel.Open(folder.Path, TinyModels.Cpu);
        Assert.Contains(message, Assert.Throws<MalformedFileException>(() => model.CreateEmbedder()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trunk_embeds_and_does_not_write()
    {
        Copy("llama");
        using var model = LanguageModel.Open(folder.Path, TinyModels.Cpu);
        Assert.IsType<DecoderTrunk>(model.Model);
        Assert.Equal("LlamaModel", CheckpointFamily.Of(model.Config).ArchitectureOf(model.Config));
        Assert.Contains("found a llama, which does not continue text", Assert.Throws<NotSupportedException>(() => model.StartChat()).Message,
            StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => model.CreateEmbedder(Pooling.Pooler));
        using var written = new TemporaryFolder();
        HuggingFaceFolder.Save(written.Path, model.Config, model.Model.Parameters, model.Tokenizer);
        using var again = LanguageModel.Open(written.Path, TinyModels.Cpu);
        Assert.Equal(model.CreateEmbedder().Embed("3 4 5").Vector, again.CreateEmbedder().Embed("3 4 5").Vector);
    }

    [Theory, MemberData(nameof(TinyFamilies))]
    public async Task Every_family_gives_the_same_bits_alone_and_in_a_batch(string family)
    {
        Copy("llama"); // its tokenizer
        var tokenizer = Tokenizer.Load(folder.Path);
        var trunk = Trunk(TinyModels.Config(family) with { Vocab = 48 });
        string[] texts = ["1 2 3 4 5 6 7", "8", "9 10 11"];
        foreach (var pooling in new[] { Pooling.Mean, Pooling.Last, Pooling.Cls })
        {
            var embedder = new TextEmbedder(trunk, tokenizer, pooling);
            Assert.Equal(texts.Select(t => embedder.Embed(t).Vector), await Embed(embedder, texts));
        }
    }

    static DecoderTrunk Trunk(ModelConfig config) =>
        new((ICausalModel)TinyModels.Filled(config.Create(new ParameterStore(TinyModels.Cpu).Root), train: false), config);

    public static TheoryData<string> TinyFamilies => [.. TinyModels.Families];

    [Fact]
    public void A_quantised_file_pools_as_its_metadata_say()
    {
        using (var model = LanguageModel.Open(Golden.Path("gguf/llama-q8_0.gguf"), TinyModels.Cpu))
        {
            var embedder = model.CreateEmbedder();
            using var scope = new TensorScope();
            var batch = Batch.Of(TinyModels.Cpu, model.Tokenizer.Encode("The best of times"));
            float[][] rows = [.. ModelText.Rows(((ICausalModel)model.Model).Forward(batch))];
            var found = embedder.Embed("The best of times").Vector;
            Assert.Equal(Pooling.Mean, embedder.Pooling);
            for (var i = 0; i < embedder.Width; i++)
                Assert.Equal(rows.Average(r => r[i]), found[i], 1e-5f);
        }
        var bytes = File.ReadAllBytes(Golden.Path("gguf/gpt2.gguf"));
        var at = bytes.AsSpan().IndexOf("general.file_type"u8); // a 32-bit number under a name of the same length
        Encoding.UTF8.GetBytes("gpt2.pooling_type").CopyTo(bytes, at);
        foreach (var (value, pooling) in new[] { (3, Pooling.Last), (2, Pooling.Cls), (1, Pooling.Mean), (0, Pooling.Mean) })
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at + 21), value);
            using var model = LanguageModel.Open(folder.Add($"gpt2-{value}.gguf", bytes), TinyModels.Cpu);
            Assert.Equal(pooling, model.CreateEmbedder().Pooling);
        }
        BitConverter.TryWriteBytes(bytes.AsSpan(at + 21), 4);
        using var ranker = LanguageModel.Open(folder.Add("gpt2-4.gguf", bytes), TinyModels.Cpu);
        Assert.Contains("'gpt2.pooling_type': 4", Assert.Throws<MalformedFileException>(() => ranker.CreateEmbedder()).Message, StringComparison.Ordinal);
    }
}
