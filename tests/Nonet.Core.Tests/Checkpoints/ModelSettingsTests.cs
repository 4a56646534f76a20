using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Formats.Gguf;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Models;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Tests.Checkpoints;

/// <summary>What a chat needs goes along from format to format: end marks, start mark, sampling, templates.</summary>
public sealed class ModelSettingsTests : IDisposable
{
    const string Template = "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}";
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly LlamaConfig config = TinyModels.LlamaConfig with { Vocab = new ByteTokenizer().Vocab, RopeLayout = RopeLayout.HalfSplit };

    /// <summary>A model over bytes with a template, two end marks and a sampling of its own.</summary>
    string Folder()
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForTraining(7);
        HuggingFaceFolder.Save(folder["model"], config, store, new ByteTokenizer());
        folder.Add("model/chat_template.jinja", Template);
        Directory.CreateDirectory(folder["model/additional_chat_templates"]);
        folder.Add("model/additional_chat_templates/tool_use.jinja", "{{ tools }}");
        folder.Add("model/generation_config.json",
            """{"bos_token_id":65,"eos_token_id":[256,10],"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":20,"unknown_field":[1]}""");
        return folder["model"];
    }

    string Converted(string from, string to)
    {
        using var open = new LoadedModel(from, new CpuDevice(2));
        if (GgufFile.Is(to))
            GgufModel.Save(folder[to], open.Config, open.Model.Parameters, open.LoadTokenizer(), "F32", settings: open.File.Settings,
                stopping: TestContext.Current.CancellationToken);
        else
            HuggingFaceFolder.Save(folder[to], open.Config, open.Model.Parameters, open.LoadTokenizer(), settings: open.File.Settings);
        return folder[to];
    }

    static void Check(string path)
    {
        var settings = ModelFile.Open(path).Settings;
        Assert.Equal([256, 10], settings.Generation.EndTokens);
        Assert.Equal(65, settings.BeginToken);
        Assert.Equal((0.6, 0.9, 20), (settings.Generation.Temperature, settings.Generation.TopP, settings.Generation.TopK));
        Assert.Equal(Template, settings.ChatTemplate);
        Assert.Equal("{{ tools }}", settings.ChatTemplates["tool_use"]);
        Assert.NotNull(ChatTemplate.Load(path));
    }

    [Fact]
    public void It_goes_along_in_every_direction()
    {
        var model = Folder();
        Check(model);
        var again = Converted(model, "again");
        Check(again);
        Assert.Contains("unknown_field", File.ReadAllText(Path.Combine(again, "generation_config.json")), StringComparison.Ordinal);
        var gguf = Converted(again, "a.gguf");
        Check(gguf);
        Check(Converted(gguf, "b.gguf"));
        Check(Converted(folder["b.gguf"], "back"));
    }

    [Fact]
    public void The_mean_of_models_has_the_settings_of_the_first()
    {
        var model = Folder();
        WeightAverage.Save([model, model], folder["mean"], new CpuDevice(1));
        Check(folder["mean"]);
    }

    [Theory]
    [InlineData("eot", 3, new[] { 1, 3 })]
    [InlineData("eom", 4, new[] { 1, 4 })]
    [InlineData("none", 0, new[] { 1, 5 }, "<|im_end|>")]
    [InlineData("none", 0, new[] { 1, 5 }, "<end_of_turn>")]
    [InlineData("eot", 5, new[] { 1, 5 }, "<|eot_id|>")]
    public void A_turn_ends_with_other_tokens_than_a_text(string name, int id, int[] ends, string last = "x")
    {
        var writer = new GgufWriter().Text("general.architecture", "llama").Texts("tokenizer.ggml.tokens", ["<s>", "end", "a", "b", "c", last])
            .U32("tokenizer.ggml.eos_token_id", 1);
        if (name != "none")
            writer.U32($"tokenizer.ggml.{name}_token_id", (uint)id);
        writer.Save(folder["x.gguf"]);
        Assert.Equal(ends, ModelSettings.Read(GgufFile.Open(folder["x.gguf"])).Generation.EndTokens);
    }

    [Theory] // transformers' classes have ids of their own for what a config.json leaves out
    [InlineData("""{"model_type":"llama"}""", 1, new[] { 2 })]
    [InlineData("""{"model_type":"llama","eos_token_id":null,"bos_token_id":null}""", null, new int[0])]
    [InlineData("""{"model_type":"llama","eos_token_id":[5,6],"bos_token_id":4}""", 4, new[] { 5, 6 })]
    [InlineData("""{"model_type":"qwen2"}""", null, new int[0])]
    [InlineData("""{"model_type":"gemma2"}""", 2, new[] { 1 })]
    [InlineData("""{"model_type":"gpt2"}""", 50256, new[] { 50256 })]
    public void Ids_that_a_config_leaves_out_are_those_of_its_class(string json, int? begin, int[] ends)
    {
        folder.Add("config.json", json);
        var settings = ModelSettings.Read(folder.Path);
        Assert.Equal(begin, settings.BeginToken);
        Assert.Equal(ends, settings.Generation.EndTokens);
    }

    [Fact]
    public void A_text_starts_with_the_mark_that_is_named_else_the_tokenizers_else_the_end()
    {
        var model = Folder();
        Assert.Equal(65, ModelFile.Open(model).StartToken(new ByteTokenizer()));
        folder.Add("model/generation_config.json", """{"bos_token_id":99999}"""); // of another vocabulary
        Assert.Equal(256, ModelFile.Open(model).StartToken(new ByteTokenizer()));
        File.Delete(folder["model/generation_config.json"]);
        Assert.Equal(256, ModelFile.Open(model).StartToken(new ByteTokenizer())); // config.json says so
    }

    [Fact] // an encoder's texts have marks around them, and begin with none
    public void A_bert_names_no_begin_mark()
    {
        var bert = new BertConfig { Vocab = new ByteTokenizer().Vocab, Context = 40, Layers = 1, Width = 12, Heads = 2, Hidden = 20 };
        using var store = new ParameterStore(TinyModels.Cpu);
        bert.Create(store.Root);
        store.FillForTraining(7);
        HuggingFaceFolder.Save(folder["bert"], bert, store, new ByteTokenizer());
        Assert.Contains("\"bos_token_id\": null", File.ReadAllText(folder["bert/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gguf_without_a_tokenizer_says_so()
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForTraining(7);
        GgufModel.Save(folder["x.gguf"], config, store, type: "F32", stopping: TestContext.Current.CancellationToken);
        Assert.Equal("no_vocab", GgufFile.Open(folder["x.gguf"]).Metadata.Text("tokenizer.ggml.model"));
        Assert.False(ModelFile.Open(folder["x.gguf"]).HasTokenizer);
    }
}
