using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.Instructions;

public sealed class SftTests : IDisposable
{
    const string Lora = "training.lora={rank: 4, alpha: 8, projections: [matrix], dropout: 0.1}";

    readonly TinyChat chat = new();

    public void Dispose() => chat.Dispose();

    [Fact]
    public async Task A_tuned_model_answers_and_stops()
    {
        using (var watching = chat.Train(chat.Recipe(chat.Conversations(), "training.epochs=60")))
            Assert.InRange(watching.LastLoss, 0, 0.2);
        using var model = LanguageModel.Open(chat.Folder["run"], new CpuDevice(1));
        var conversation = model.StartChat();
        Assert.False(conversation.IsPlain); // the template was saved with the model
        var answer = "";
        await foreach (var token in conversation.Send("c", model.Defaults with { MaxTokens = 20 }, TestContext.Current.CancellationToken))
            answer += token.Text;
        Assert.Equal("ccc", answer);
    }

    [Theory]
    [InlineData(""), InlineData(Lora), InlineData("training.embedding_noise=5"), InlineData("training.lora={rank: 2, magnitudes: true, rank_stabilized: true}"),
        InlineData("training.adafactor={}")]
    public void A_run_that_was_killed_and_resumed_ends_in_the_same_bits(string setting)
    {
        string[] settings = setting.Length == 0 ? [] : [setting];
        var (straight, _) = RunFiles.ResumesToTheSameBytes(chat.Recipe(chat.Conversations(), [.. settings, "training.pass_tokens=40"]), chat.Folder, 13);
        Assert.Contains(RunFiles.Hashes(straight.Checkpoint), h => h.StartsWith("chat_template.jinja ", StringComparison.Ordinal));
    }

    [Fact]
    public void Passes_change_the_rounding_and_not_the_result()
    {
        double Last(int tokens)
        {
            using var watching = chat.Train(chat.Recipe(chat.Conversations(), $"training.pass_tokens={tokens}"), $"run-{tokens}");
            return watching.Events.OfType<Evaluated>().Last().Loss;
        }
        Assert.Equal(Last(2048), Last(1), 1e-4);
    }

    [Fact]
    public void An_adapter_is_saved_with_the_template_and_opens_with_its_base()
    {
        using (var watching = chat.Train(chat.Recipe(chat.Conversations(), Lora, "data.template=plain")))
        {
            // query, key, value, output, gate, up and down of two blocks: 2 · 4 · (4 · (32 + 32) + 3 · (32 + 64))
            Assert.Equal($"{2 * 4 * (4 * 64 + 3 * 96):N0} trained, {2 * 257 * 32 + 5 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 64):N0} frozen",
                Assert.Single(watching.Of("weights")));
        }
        using var run = new LoadedModel(chat.Folder["run"], new CpuDevice(1));
        Assert.NotNull(run.Adapter);
        Assert.Equal(0.1f, run.Adapter.Dropout);
        Assert.Contains("capitalize", run.Settings.ChatTemplate!, StringComparison.Ordinal);
        using var named = new LoadedModel(chat.Folder["base"], new CpuDevice(1), chat.Folder["run"]);
        Assert.Equal(run.Settings.ChatTemplate, named.Settings.ChatTemplate);
        Assert.NotNull(named.LoadChatTemplate());
    }

    [Fact]
    public void An_encoder_decoder_is_tuned()
    {
        chat.Save("base", new T5Config { Vocab = 257, EncoderLayers = 1, DecoderLayers = 1, Width = 32, Heads = 2, HeadWidth = 16, Hidden = 64, Dropout = 0 });
        using var watching = chat.Train(
            chat.Recipe(chat.Conversations(), "training.epochs=20", "training.adafactor={}", "training.learning_rate=0.02", "training.schedule=constant"));
        Assert.InRange(watching.LastLoss, 0, 0.7 * watching.FirstLoss);
    }

    [Fact]
    public void Examples_that_are_too_long_are_dropped_or_cut_and_counted()
    {
        var path = chat.Conversations();
        File.AppendAllLines(path, [$$"""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "{{new string('b', 200)}}"}]}"""]);
        using var dropped = chat.Train(chat.Recipe(path, "training.updates=2"));
        Assert.Equal(["1 example with more than 96 tokens"], dropped.Of("dropped"));
        using var cut = chat.Train(chat.Recipe(path, "training.updates=2", "training.longer=cut"), "cut");
        Assert.Equal(["1 example with more than 96 tokens"], cut.Of("cut"));
        Assert.Empty(cut.Of("dropped"));
        Assert.Contains("each longer than 4 tokens",
            Assert.Throws<InvalidDataException>(() => chat.Train(chat.Recipe(path, "training.length=4"), "none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_template_needs_one_for_conversations_only()
    {
        File.Delete(chat.Folder["base/chat_template.jinja"]);
        Assert.Contains("line 1: found a conversation, but the model has no chat template",
            Assert.Throws<NotSupportedException>(() => chat.Train(chat.Recipe(chat.Conversations()))).Message, StringComparison.Ordinal);
        Assert.Contains("nowhere.jinja: found no such file",
            Assert.Throws<FileNotFoundException>(() => chat.Train(chat.Recipe(chat.Conversations(), "data.template=nowhere.jinja"))).Message,
            StringComparison.Ordinal);
        using (chat.Train(chat.Recipe(chat.Conversations(), "data.template=plain", "training.updates=2")))
            Assert.Contains("capitalize", File.ReadAllText(Path.Combine(ModelPath.Resolve(chat.Folder["run"]), "chat_template.jinja")),
                StringComparison.Ordinal);
        File.WriteAllLines(chat.Folder["pairs.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"prompt": "{{i}}", "completion": "x"}"""));
        using var pairs = chat.Train(chat.Recipe(chat.Folder["pairs.jsonl"], "training.updates=2"), "pairs");
    }

    [Fact]
    public void A_target_that_matches_no_layer_is_named() => Assert.Contains("lora.projections: target 'router': the model has layers ",
        Assert.Throws<ArgumentException>(() => chat.Train(chat.Recipe(chat.Conversations(), "training.lora.projections=[query, router]"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_adapter_of_another_base_is_refused()
    {
        using (var watching = new Watching(7))
            Texts.Train(chat.Recipe(chat.Conversations(), Lora), chat.Folder["run"], progress: watching, stopping: watching.Stopping);
        chat.Save("base", TinyChat.Config with { Hidden = 48 }, TinyChat.Template);
        Assert.Contains("on which", Assert.Throws<MalformedFileException>(() => new LoadedModel(chat.Folder["run"], new CpuDevice(1))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_on_embeddings_changes_the_training_and_not_the_evaluation()
    {
        using var plain = chat.Train(chat.Recipe(chat.Conversations(), "training.updates=1"));
        using var noisy = chat.Train(chat.Recipe(chat.Conversations(), "training.updates=1", "training.embedding_noise=5"), "noisy");
        Assert.NotEqual(plain.FirstLoss, noisy.FirstLoss);
        Assert.Equal(plain.FirstLoss, noisy.FirstLoss, 0.3);
    }

    [Fact]
    public void A_quantised_base_stays_in_its_file_and_the_adapter_learns()
    {
        var config = TinyChat.Config with { Width = 256, HeadWidth = 128, Hidden = 256 };
        chat.Save("wide", config, TinyChat.Template);
        using (var wide = new LoadedModel(chat.Folder["wide"], new CpuDevice(1)))
            GgufModel.Save(chat.Folder["wide.gguf"], wide.Config, wide.Model.Parameters, wide.LoadTokenizer(), "Q4_K_M",
                settings: wide.Settings, stopping: TestContext.Current.CancellationToken);
        var before = File.ReadAllBytes(chat.Folder["wide.gguf"]);
        using (var watching =
            chat.Train(chat.Recipe(chat.Conversations(), "from=" + chat.Folder["wide.gguf"], "training.lora={rank: 8, projections: [matrix]}",
            "training.epochs=8")))
            Assert.InRange(watching.LastLoss, 0, 0.6 * watching.FirstLoss);
        Assert.Equal(before, File.ReadAllBytes(chat.Folder["wide.gguf"]));
        using var run = new LoadedModel(chat.Folder["run"], new CpuDevice(1));
        Assert.NotNull(run.Adapter);
        Assert.Equal(TinyChat.Template, run.Settings.ChatTemplate);
    }

    [Fact]
    public void Template_and_end_tokens_survive_merging_and_GGUF()
    {
        using (chat.Train(chat.Recipe(chat.Conversations(), Lora, "data.template=plain", "training.updates=2")))
        {
        }
        using var run = new LoadedModel(chat.Folder["base"], new CpuDevice(1), chat.Folder["run"]);
        var (template, tokenizer) = (run.Settings.ChatTemplate, run.LoadTokenizer());
        HuggingFaceFolder.Save(chat.Folder["merged"], run.Config, run.Model.Parameters, tokenizer, adapter: run.Adapter, settings: run.Settings);
        GgufModel.Save(chat.Folder["merged.gguf"], run.Config, run.Model.Parameters, tokenizer, "F16", settings: run.Settings, adapter: run.Adapter,
            stopping: TestContext.Current.CancellationToken);
        foreach (var written in (string[])["merged", "merged.gguf"])
        {
            using var open = new LoadedModel(chat.Folder[written], new CpuDevice(1));
            Assert.Equal(template, open.Settings.ChatTemplate);
            Assert.Contains(tokenizer.EndOfText, open.Settings.Generation.EndTokens);
            Assert.NotNull(open.LoadChatTemplate());
        }
    }

    [Fact]
    public void A_type_too_coarse_for_the_adapters_change_is_told()
    {
        chat.Save("wide", TinyChat.Config with { Width = 256, HeadWidth = 128, Hidden = 256 }, TinyChat.Template);
        using (chat.Train(chat.Recipe(chat.Conversations(), "from=" + chat.Folder["wide"], Lora, "training.updates=1", "training.learning_rate=1e-5")))
        {
        }
        using var run = new LoadedModel(chat.Folder["run"], new CpuDevice(1));
        List<WrittenTensor> Write(string type)
        {
            var told = new Written();
            GgufModel.Save(chat.Folder[$"{type}.gguf"], run.Config, run.Model.Parameters, run.LoadTokenizer(), type, progress: told, adapter: run.Adapter,
                stopping: TestContext.Current.CancellationToken);
            return told.Tensors;
        }
        Assert.Contains(Write("Q4_0"), t => t.Name == "blk.0.attn_q.weight" && t.LosesChange);
        Assert.DoesNotContain(Write("F32"), t => t.LosesChange);
        Assert.DoesNotContain(Write("Q4_0"), t => t.Name == "token_embd.weight" && t.ChangeRms is not null);
    }

    sealed class Written : IProgress<WrittenTensor>
    {
        public List<WrittenTensor> Tensors { get; } = [];

        public void Report(WrittenTensor value) => Tensors.Add(value);
    }
}
