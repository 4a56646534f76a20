using Nonet.Models.Decoders;

namespace Nonet.Cli.Tests;

/// <summary>data show, and tune with what it says comes next.</summary>
public sealed class TuneVerbTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TuneVerbTests()
    {
        RandomModel.Save(folder["model"],
            new LlamaConfig { Vocab = 257, Context = 64, Layers = 1, Width = 16, Heads = 2, KvHeads = 2, Hidden = 16 }, seed: 1);
        folder.Add("chats.jsonl", string.Concat(Enumerable.Range(0, 40).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "yes"}]}""" + "\n")));
        folder.Add("pairs.jsonl", """{"prompt": "ab", "completion": "c"}""" + "\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Supervised_tokens_are_shown_as_json_lines_and_between_brackets()
    {
        var json = await Program.Run("data", "show", folder["model"], folder["pairs.jsonl"], "--json");
        Assert.Equal("{\"ids\":[97,98,99,256],\"supervised\":[0,0,1,1]}\n", json.Out);
        var shown = await Program.Run("data", "show", folder["model"], folder["chats.jsonl"], "--template", "plain", "--limit", "1");
        Assert.Contains("chats.jsonl, line 1: 24 tokens, 5 supervised\nUser: 0\nAssistant:⟦ yes<|endoftext|>⟧", shown.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_without_a_template_and_a_missing_file_are_refused()
    {
        (await Program.Run("data", "show", folder["model"], folder["chats.jsonl"])).AssertRefused(
            1, "chats.jsonl, line 1: found a conversation", "--template plain");
        (await Program.Run("tune", folder["model"], folder["none.jsonl"])).AssertRefused(1, "none.jsonl: found no such file or folder");
        (await Program.Run("tune", folder["model"], folder["pairs.jsonl"], "--lora", "0")).AssertRefused(2, "--lora is '0'");
        (await Program.Run("tune", folder["model"], folder["chats.jsonl"], "--template", "plain", "--lora", "4", "--full")).AssertRefused(1, "choose one");
    }

    [Fact]
    public async Task Two_examples_are_enough_and_one_is_refused_with_what_to_do()
    {
        folder.Add("two.jsonl", """{"prompt": "ab", "completion": "c"}""" + "\n" + """{"prompt": "b", "completion": "cd"}""" + "\n");
        var tuned = await Program.Run("tune", folder["model"], folder["two.jsonl"], "--out", folder["two"]);
        Assert.True(tuned.ExitCode == 0, tuned.Error);
        (await Program.Run("tune", folder["model"], folder["pairs.jsonl"], "--out", folder["one"])).AssertRefused(1,
            "examples: found 1; expected at least two different ones");
    }

    [Fact]
    public async Task A_tuned_model_is_used_as_the_summary_says()
    {
        var tuned = await Program.Run(
            "tune", folder["model"], folder["chats.jsonl"], "--template", "plain", "--lora", "2", "--epochs", "0.5", "--out", folder["run"]);
        Assert.True(tuned.ExitCode == 0, tuned.Error);
        Assert.Contains("plan: ", tuned.Error, StringComparison.Ordinal);
        Assert.Contains(" weights trained, ", tuned.Error, StringComparison.Ordinal);
        Assert.Contains($"merge {folder["model"]}", tuned.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await Program.Run("merge", folder["model"], folder["run"], folder["tuned.gguf"])).ExitCode);
        foreach (var model in (string[])["run", "tuned.gguf"])
        {
            var chat = await Program.RunWith("1\n", TestContext.Current.CancellationToken, "chat", folder[model], "--max-tokens", "3");
            Assert.True(chat.ExitCode == 0, chat.Error);
            Assert.DoesNotContain("no chat template", chat.Error, StringComparison.Ordinal);
        }
    }
}
