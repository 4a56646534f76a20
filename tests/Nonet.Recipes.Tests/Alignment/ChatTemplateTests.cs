using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Models.Decoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Inference;

namespace Nonet.Recipes.Tests.Alignment;

/// <summary>Alignment of a model with a chat template: prompts as in a chat, and a checkpoint that chats.</summary>
public sealed class ChatTemplateTests : IDisposable
{
    const int End = 258;

    const string ChatMl = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    readonly TinyPolicy tiny = new();

    public ChatTemplateTests()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var config = new LlamaConfig { Vocab = 259, Context = 96, Layers = 1, Width = 16, Heads = 2, KvHeads = 2, HeadWidth = 8, Hidden = 32 };
        config.Create(store.Root);
        store.FillForTraining(3);
        HuggingFaceFolder.Save(tiny.Folder["base"], config, store, SpecialTokens.Of("<|im_start|>", "<|im_end|>"));
        File.WriteAllText(tiny.Folder["base/chat_template.jinja"], ChatMl);
        File.WriteAllText(tiny.Folder["base/generation_config.json"], """{"eos_token_id":[256]}""");
    }

    public void Dispose() => tiny.Dispose();

    IRecipe Recipe(string task, params string[] settings) => task switch
    {
        "ppo" => tiny.Ppo(["training.episodes=16", .. settings]), // two updates
        "grpo" => tiny.Grpo(["training.episodes=32", .. settings]),
        "rejection" => tiny.Rejection(["training.episodes=64", .. settings]),
        "dpo" => tiny.Dpo(["training.epochs=0.3", .. settings]),
        _ => tiny.Reward(["training.epochs=0.3", .. settings]),
    };

    static JsonNode Examples(string run) => JsonNode.Parse(File.ReadAllText(Path.Combine(run, RunInfo.FileName)))!["options"]!["examples"]!;

    [Theory]
    [InlineData("ppo"), InlineData("grpo"), InlineData("rejection"), InlineData("dpo"), InlineData("reward")]
    public void Each_kind_of_alignment_uses_the_template_and_saves_it(string task)
    {
        using var watching = new Watching();
        var result = Texts.Train(Recipe(task), tiny.Folder["run"], progress: watching);
        Assert.Equal(2, result.Step);
        Assert.Equal(["prompts are conversations, laid out with the chat template; an answer ends with <|im_end|>"], watching.Of("template"));
        Assert.NotNull(Examples(tiny.Folder["run"])["chat_template"]);
        var saved = ModelFile.Open(result.Checkpoint).Settings;
        Assert.Equal(ChatMl, saved.ChatTemplate);
        Assert.Equal([256, End], saved.Generation.EndTokens);
    }

    [Theory]
    [InlineData("ppo"), InlineData("dpo"), InlineData("reward")]
    public void The_template_can_be_off_or_another(string task)
    {
        using var off = new Watching();
        Texts.Train(Recipe(task, "data.template=off"), tiny.Folder["off"], progress: off);
        Assert.Empty(off.Of("template"));
        Assert.Null(Examples(tiny.Folder["off"])["chat_template"]);
        Assert.Contains("template: off", File.ReadAllText(tiny.Folder["off/recipe.yaml"]), StringComparison.Ordinal);
        using var plain = new Watching();
        var result = Texts.Train(Recipe(task, "data.template=plain"), tiny.Folder["plain"], progress: plain);
        Assert.Contains("ends with <|endoftext|>", Assert.Single(plain.Of("template")), StringComparison.Ordinal);
        Assert.Contains("capitalize", ModelFile.Open(result.Checkpoint).Settings.ChatTemplate!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ppo"), InlineData("grpo"), InlineData("dpo"), InlineData("reward")]
    public void A_run_resumes_to_the_same_bytes(string task) =>
        RunFiles.ResumesToTheSameBytes(Recipe(task, task is "dpo" or "reward" ? "training.epochs=0.8" : "training.episodes=64"), tiny.Folder, stopAfter: 2);

    [Theory]
    [InlineData("ppo"), InlineData("grpo"), InlineData("rejection")]
    public void Prompts_may_be_messages(string task)
    {
        var texts = Texts.Train(Recipe(task), tiny.Folder["texts"]);
        File.WriteAllLines(tiny.Folder["prompts.jsonl"], Prompt.Read(tiny.Folder["prompts.jsonl"]).Select(p =>
            new JsonObject { ["prompt"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = p.Text }) }.ToJsonString()));
        var held = Prompt.Read(tiny.Folder["prompts.jsonl"]);
        File.WriteAllLines(tiny.Folder["one.jsonl"],
            ["""{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}"""]);
        using var watching = new Watching();
        Texts.Train(Recipe(task, $"data.validation={tiny.Folder["one.jsonl"]}"), tiny.Folder["messages"], progress: watching);
        Assert.Equal(60, held.Count);
        Assert.Contains(watching.Events.OfType<Sampled>(), s => s.Prompt == "\n\nSystem: s\n\nHuman: u\n\nAssistant:");
        Assert.Equal(2, texts.Step);
    }

    [Fact]
    public void Transcripts_and_messages_train_alike()
    {
        Ranking[] rankings = [.. Rankings.Read(new RankingOptions { Path = tiny.Folder["rankings.jsonl"] }).Items.Select(r =>
            r with { Prompt = $"\n\nHuman: {r.Prompt.Trim()}\n\nAssistant:", Answers = [.. r.Answers.Select(a => " " + a)] })];
        Rankings.WriteDialogues(tiny.Folder["rankings.jsonl"], rankings);
        var transcripts = Texts.Train(Recipe("dpo"), tiny.Folder["transcripts"]);
        Rankings.WritePairs(tiny.Folder["rankings.jsonl"], rankings.Select(r =>
            r with { Messages = [Nonet.Text.Chat.ChatMessage.User(r.Prompt[9..^12].Trim())], Answers = [.. r.Answers.Select(a => a.Trim())] }));
        var messages = Texts.Train(Recipe("dpo"), tiny.Folder["messages"]);
        Assert.Equal(RunFiles.Weights(transcripts.Checkpoint)["lm_head.weight"], RunFiles.Weights(messages.Checkpoint)["lm_head.weight"]);
    }

    [Theory]
    [InlineData("ppo"), InlineData("grpo"), InlineData("rejection")]
    public void A_run_that_fails_before_its_first_step_can_be_started_again(string task)
    {
        File.WriteAllText(tiny.Folder["one.jsonl"], """{"prompt":"without an answer"}""");
        string[] failing = ["rewards=[{kind: answer}]", $"data.validation={tiny.Folder["one.jsonl"]}"];
        Directory.CreateDirectory(tiny.Folder["run"]);
        File.WriteAllText(tiny.Folder["run/notes.txt"], "mine");
        for (var time = 0; time < 2; time++)
            Assert.Contains("has none: add a field answer",
                Assert.Throws<ArgumentException>(() => Texts.Train(Recipe(task, failing), tiny.Folder["run"])).Message, StringComparison.Ordinal);
        Assert.Equal(2, Texts.Train(Recipe(task), tiny.Folder["run"]).Step);
        Assert.Equal("mine", File.ReadAllText(tiny.Folder["run/notes.txt"]));
        Assert.Throws<RunFolderException>(() => Texts.Train(Recipe(task), tiny.Folder["run"]));
    }

    [Fact]
    public void A_model_without_a_template_refuses_messages_before_it_trains()
    {
        File.Delete(tiny.Folder["base/chat_template.jinja"]);
        File.WriteAllLines(tiny.Folder["prompts.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"messages":[{"role":"user","content":"{{i}}"}]}"""));
        Assert.Contains("the model has no chat template", Assert.Throws<NotSupportedException>(() => Texts.Train(tiny.Grpo(), tiny.Folder["run"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_reward_model_is_opened_with_the_layout_that_it_was_trained_with()
    {
        using var device = new CpuDevice(1);
        Assert.Equal(End, Ids(Texts.Train(Recipe("reward"), tiny.Folder["chat"]).Checkpoint)[^1]);
        Assert.Equal([112, 97, 256], Ids(Texts.Train(Recipe("reward", "data.template=off"), tiny.Folder["text"]).Checkpoint));

        int[] Ids(string checkpoint)
        {
            using var open = new LoadedModel(checkpoint, device);
            Assert.Equal(ChatMl, open.Settings.ChatTemplate); // off is a mode of this model, and no loss of its template
            return RewardModel.Of(open).Encode("p", "a").Ids;
        }
    }
}
