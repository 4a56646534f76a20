using Nonet.Data;
using Nonet.Models.Decoders;
using Nonet.Recipes;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Cli.Tests.Chat;

/// <summary>A chat through a pipe: turns and commands in, answers out, everything else on standard error.</summary>
public sealed class ChatVerbTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly string model;

    public ChatVerbTests()
    {
        TextFiles.Write(temporary["texts"]);
        using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = temporary["texts"] }], Validation = 0.25 },
            new ByteTokenizer(), temporary["tokens"]);
        model = temporary["run"];
        Pretrain.Run(new PretrainOptions
        {
            Model = new LlamaConfig { Vocab = new ByteTokenizer().Vocab, Context = 200, Layers = 1, Width = 16, Heads = 2, KvHeads = 1, Hidden = 24 },
            Batch = 2,
            Steps = 2,
            Warmup = 1,
        }, text, new CpuDevice(1), new RunOptions { Out = model, Threads = 1 });
    }

    public void Dispose() => temporary.Dispose();

    Task<Outcome> Chat(string input, params string[] options) =>
        Program.RunWith(input, TestContext.Current.CancellationToken, ["chat", model, "--max-tokens", "5", "--seed", "1", "--threads", "1", .. options]);

    [Fact]
    public async Task Turns_are_kept_taken_back_saved_and_loaded()
    {
        var file = temporary["chat.json"];
        var told = await Chat($"/system Be brief.\none\ntwo \\\nand a half\n/undo\n/save {file}\n/clear\n/load {file}\nthree\n/exit\nnever\n");
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("(taken back: two ", told.Error, StringComparison.Ordinal);
        Assert.Contains($"(saved 3 messages to {file})", told.Error, StringComparison.Ordinal);
        Assert.Contains($"(loaded 3 messages from {file})", told.Error, StringComparison.Ordinal);
        Assert.Contains("\"Be brief.\"", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(3, told.Error.Split("tokens of context").Length - 1);
        Assert.DoesNotContain("> ", told.Error, StringComparison.Ordinal); // no prompt in a pipe
    }

    [Fact]
    public async Task A_turn_is_answered_anew_with_other_random_numbers_and_settings_change()
    {
        var told = await Chat("hello\n/retry\n/set temperature 0\nhello\n/retry\n/set\n", "--temperature", "3");
        var answers = told.Out.Split('\n');
        Assert.NotEqual(answers[0], answers[1]);
        Assert.Contains("(temperature is 0 from the next answer on)", told.Error, StringComparison.Ordinal);
        Assert.Contains("max-tokens 5", told.Error, StringComparison.Ordinal);
        Assert.Contains("temperature 0", told.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nonsense", "there is no command /nonsense: /help shows them")]
    [InlineData("/set warmth 1", "there is no setting 'warmth': expected max-tokens, temperature")]
    [InlineData("/set temperature hot", "--temperature is 'hot'; expected a number of at least 0")]
    [InlineData("/set temperature", "/set needs a name and a value")]
    [InlineData("/load /nowhere/chat.json", "/nowhere/chat.json")]
    [InlineData("/save", "/save needs the name of a file")]
    [InlineData("/retry", "there is no turn to answer again")]
    public async Task A_command_that_is_refused_says_why_and_the_chat_goes_on(string command, string message)
    {
        var told = await Chat($"{command}\nhello\n");
        Assert.Equal(0, told.ExitCode);
        Assert.Contains(message, told.Error, StringComparison.Ordinal);
        Assert.Contains("tokens of context", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_context_is_named_and_turns_are_dropped_only_if_asked()
    {
        var turns = $"{new string('a', 80)}\n{new string('b', 80)}\n";
        Assert.Contains("(the context is full: the conversation with this turn takes", (await Chat(turns)).Error, StringComparison.Ordinal);
        Assert.Contains("(the oldest 2 messages forgotten: the model's context is full)", (await Chat(turns, "--drop-oldest")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--kv-type", "F16"), InlineData("--kv-type", "F32"), InlineData("--lookup", null), InlineData("--kv-tokens", "128")]
    public async Task The_engines_options_are_taken(string option, string? value)
    {
        var told = await Chat("hello\n", value is null ? [option] : [option, value]);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains($"of {(option == "--kv-tokens" ? 128 : 200)} tokens of context", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_model_drafts_and_options_that_make_no_sense_are_refused()
    {
        Assert.Equal((await Chat("hello\n")).Out, (await Chat("hello\n", "--draft", model)).Out);
        Assert.Equal(2, (await Chat("hello\n", "--draft", model, "--lookup")).ExitCode);
        Assert.Equal(2, (await Chat("hello\n", "--kv-type", "Q4_9")).ExitCode);
        var narrow = await Chat("hello\n", "--kv-type", "Q8_0");
        Assert.Contains("a KV cache in Q8_0 needs rows of a multiple of 32 numbers; this model's keys have 8", narrow.Error, StringComparison.Ordinal);
    }
}
