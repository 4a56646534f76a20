using Nonet.Checkpoints;
using Nonet.Evaluation;
using Nonet.Inference;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests;

public sealed class LanguageModelTests : IDisposable
{
    static readonly GptConfig decoder = TinyModels.GptConfig with { Vocab = 257 };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A model folder with a byte tokenizer, whose generation_config.json is the one given.</summary>
    string Saved(string? generation = null, string? template = null)
    {
        var path = Path.Combine(folder.Path, "model");
        using var store = new ParameterStore(TinyModels.Cpu);
        TinyModels.Filled(new Gpt(decoder, store.Root), train: false);
        HuggingFaceFolder.Save(path, decoder, store, new ByteTokenizer());
        if (generation is not null)
            File.WriteAllText(Path.Combine(path, "generation_config.json"), generation);
        if (template is not null)
            File.WriteAllText(Path.Combine(path, "chat_template.jinja"), template);
        return path;
    }

    [Fact]
    public async Task A_stream_is_the_completion_and_follows_the_makers_defaults()
    {
        using var model = LanguageModel.Open(Saved("""{"do_sample": false, "eos_token_id": [7, 256]}"""), new CpuDevice(2));
        Assert.Equal([7, 256], model.Defaults.StopTokens);
        Assert.Equal(0, model.Defaults.Sampler.Temperature);
        var streamed = "";
        await foreach (var token in model.Stream("Nine", model.Defaults with { MaxTokens = 20 }, TestContext.Current.CancellationToken))
            streamed += token;
        Assert.Equal(streamed, await model.CompleteAsync("Nine", model.Defaults with { MaxTokens = 20 }, TestContext.Current.CancellationToken));
        Assert.NotEqual("", streamed);
    }

    [Fact]
    public async Task End_tokens_end_a_text_whatever_the_options_say()
    {
        var path = Saved();
        int first;
        using (var model = LanguageModel.Open(path, new CpuDevice(2)))
            first = await FirstOf(
                model.Stream("Nine", new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 1 }, TestContext.Current.CancellationToken));
        File.WriteAllText(Path.Combine(path, "generation_config.json"), $$"""{"eos_token_id": {{first}}}""");
        using var ended = LanguageModel.Open(path, new CpuDevice(2));
        Assert.Equal("",
            await ended.CompleteAsync("Nine", new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 9 }, TestContext.Current.CancellationToken));

        static async Task<int> FirstOf(IAsyncEnumerable<GeneratedToken> pieces)
        {
            await foreach (var piece in pieces)
                return piece.Id;
            throw new InvalidOperationException("no token came");
        }
    }

    [Fact]
    public async Task Scores_of_a_text_are_its_loss_however_it_is_split()
    {
        using var model = LanguageModel.Open(Saved(), new CpuDevice(2));
        var text = string.Concat(Enumerable.Repeat("nine players, no net; ", 6)); // more rows than are computed at once
        var whole = await model.ScoreAsync("", text, TestContext.Current.CancellationToken);
        var ids = model.Tokenizer.EncodePlain(text);
        Assert.Equal(ids, whole.Select(s => s.Id));
        var loss = Perplexity.Measure((Gpt)model.Model, ids, model.Tokenizer.EndOfText, model.Context, model.Context,
            stopping: TestContext.Current.CancellationToken);
        Assert.Equal(loss.Nats, -whole.Sum(s => s.LogProbability), 1e-3);
        var tail = await model.ScoreAsync(text[..100], text[100..], TestContext.Current.CancellationToken);
        Assert.Equal(whole.Skip(100).Select(s => Math.Round(s.LogProbability, 4)), tail.Select(s => Math.Round(s.LogProbability, 4)));
        await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreAsync("nine", "", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreAsync("", new string('x', 400), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_conversation_keeps_its_turns_and_drops_the_oldest_when_the_context_is_full()
    {
        using var model = LanguageModel.Open(Saved(template: "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"), new CpuDevice(2));
        var chat = model.StartChat(system: "Be brief.");
        chat.DropsOldest = true;
        Assert.False(chat.IsPlain);
        for (var turn = 0; turn < 4; turn++)
        {
            await foreach (var _ in chat.Send("a question of some length", model.Defaults with { MaxTokens = 3 }, TestContext.Current.CancellationToken))
            {
            }
        }
        Assert.Equal("system", chat.Messages[0].Role);
        Assert.Equal("assistant", chat.Messages[^1].Role);
        Assert.True(chat.Forgotten is > 0 and < 8, $"{chat.Forgotten} messages forgotten");
        await Assert.ThrowsAsync<InvalidDataException>(() => Drain(chat.Send(new string('x', 300), cancellationToken: TestContext.Current.CancellationToken)));
        Assert.Equal("assistant", chat.Messages[^1].Role); // the turn that failed is not kept
    }

    [Fact]
    public async Task A_conversation_that_fills_the_context_is_refused_unless_turns_may_be_dropped()
    {
        using var model = LanguageModel.Open(Saved(template: "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"), new CpuDevice(2));
        var chat = model.StartChat();
        await Drain(chat.Send(new string('x', 90), model.Defaults with { MaxTokens = 3 }, TestContext.Current.CancellationToken));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Drain(chat.Send(new string('y', 90), cancellationToken: TestContext.Current.CancellationToken)));
        Assert.Matches("^the context is full: the conversation with this turn takes 2[0-9][0-9] tokens, and the context has 160, of which the answer needs "
            + "at least one$", error.Message);
        Assert.Equal(2, chat.Messages.Count);
        Assert.Equal(new string('x', 90), chat.Undo());
        Assert.Empty(chat.Messages);
        Assert.Null(chat.Undo());
    }

    [Fact]
    public async Task A_second_turn_reuses_the_first_and_a_saved_conversation_goes_on()
    {
        using var model = LanguageModel.Open(Saved(template: "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"), new CpuDevice(2));
        var chat = model.StartChat(system: "Be brief.");
        await Drain(chat.Send("nine players, and no net anywhere", model.Defaults with { MaxTokens = 3 }, TestContext.Current.CancellationToken));
        var first = chat.Usage;
        await Drain(chat.Send("and?", model.Defaults with { MaxTokens = 3 }, TestContext.Current.CancellationToken));
        Assert.Equal((0, 3), (first.ReusedTokens, first.NewTokens));
        Assert.InRange(chat.Usage.ReusedTokens, first.PromptTokens, chat.Usage.PromptTokens - 1);

        var file = Path.Combine(folder.Path, "chat.json");
        chat.Save(file);
        var other = model.StartChat();
        other.Load(file);
        Assert.Equal(chat.Messages, other.Messages, (a, b) => (a.Role, a.Content) == (b.Role, b.Content));
        File.WriteAllText(file, """{"messages": [{"role": "user", "content": "x"}, {"role": "judge", "content": "y"}]}""");
        Assert.Contains("messages[1].role", Assert.Throws<Nonet.Files.MalformedFileException>(() => other.Load(file)).Message, StringComparison.Ordinal);
        Assert.Equal(5, other.Messages.Count); // the conversation is what it was
    }

    [Fact]
    public async Task A_cancelled_answer_leaves_no_turn()
    {
        using var model = LanguageModel.Open(Saved(), new CpuDevice(2));
        var chat = model.StartChat();
        Assert.True(chat.IsPlain);
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in chat.Send("hello", cancellationToken: source.Token))
                await source.CancelAsync();
        });
        Assert.Empty(chat.Messages);
    }

    [Fact]
    public async Task An_encoder_embeds_and_says_that_it_continues_no_text()
    {
        var path = Path.Combine(folder.Path, "bert");
        var config = new BertConfig { Vocab = 257, Context = 64, Layers = 1, Width = 16, Heads = 2, Hidden = 32 };
        using (var store = new ParameterStore(TinyModels.Cpu))
        {
            config.Create(store.Root);
            store.FillForTraining(seed: 1);
            HuggingFaceFolder.Save(path, config, store, new ByteTokenizer());
        }
        using var model = LanguageModel.Open(path, new CpuDevice(2));
        var vector = await model.EmbedAsync("nine", TestContext.Current.CancellationToken);
        Assert.Equal(16, vector.Length);
        Assert.Equal(1, vector.Sum(v => (double)v * v), 1e-5);
        Assert.Throws<NotSupportedException>(() => model.StartChat());
    }

    static async Task Drain(IAsyncEnumerable<GeneratedToken> pieces)
    {
        await foreach (var _ in pieces)
        {
        }
    }
}
