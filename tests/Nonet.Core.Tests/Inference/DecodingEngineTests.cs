using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference;

public class DecodingEngineTests
{
    public static TheoryData<string> Families => [.. TinyModels.Families];

    static readonly GenerationOptions Greedy = new() { Sampler = SamplerOptions.Greedy };

    static GeneratedToken[] Run(ICausalModel model, int[] prompt, GenerationOptions options, EngineOptions? engine = null) =>
        Written.Tokens(model, prompt, options, engine);

    [Theory, MemberData(nameof(Families))]
    public void Greedy_text_is_the_likeliest_token_of_the_full_pass_each_time(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var text = TinyModels.Ids(3).ToList();
        foreach (var token in Run(model, TinyModels.Ids(3), Greedy with { MaxTokens = 80 }))
        {
            var last = TinyModels.Logits(model, [.. text])[^model.Vocab..];
            Assert.Equal(Array.IndexOf(last, last.Max()), token.Id);
            text.Add(token.Id);
        }
        Assert.Equal(83, text.Count);
    }

    [Fact]
    public void A_prompt_computed_in_pieces_is_continued_alike()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        var options = new GenerationOptions { MaxTokens = 20, Sampler = new SamplerOptions { Seed = 5 } };
        var prompt = TinyModels.Ids(101);
        var want = Run(model, prompt, options).ToArray();
        Assert.Equal(want, Run(model, prompt, options, new EngineOptions { TokensPerStep = 25 }));
        Assert.Equal(want, Run(model, prompt, options, new EngineOptions { TokensPerStep = 1 }));
    }

    [Fact]
    public async Task A_seed_gives_the_same_text_also_when_streamed()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var options = new GenerationOptions { MaxTokens = 40, Sampler = new SamplerOptions { Seed = 5, TopP = 0.95, TopK = 20, Temperature = 2 } };
        var want = Run(model, [1, 2], options).ToArray();
        var got = new List<GeneratedToken>();
        using var engine = new DecodingEngine(model);
        await foreach (var token in engine.Generate([1, 2], options, TestContext.Current.CancellationToken))
            got.Add(token);
        Assert.Equal(want, got);
        Assert.NotEqual(want, Run(model, [1, 2], options with { Sampler = options.Sampler with { Seed = 6 } }));
    }

    [Fact]
    public void It_ends_after_the_tokens_asked_for()
    {
        var tokens = Run(TinyModels.Build("gpt", TinyModels.Cpu, train: false), [1], Greedy with { MaxTokens = 3 }).ToArray();
        Assert.Equal([null, null, StopReason.MaxTokens], tokens.Select(t => t.Stop));
        Assert.Empty(Run(TinyModels.Build("gpt", TinyModels.Cpu, train: false), [1], Greedy with { MaxTokens = 0 }));
    }

    [Fact]
    public void It_ends_at_a_stop_token()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var options = new GenerationOptions { MaxTokens = 50 };
        var free = Run(model, [1], options).ToArray();
        var end = free[20].Id;
        var stopped = Run(model, [1], options with { StopTokens = [end] }).ToArray();
        Assert.Equal(Array.FindIndex(free, t => t.Id == end) + 1, stopped.Length);
        Assert.Equal(new GeneratedToken(end, "", StopReason.EndOfText), stopped[^1]);
        Assert.All(stopped[..^1], t => Assert.Null(t.Stop));
    }

    [Fact]
    public void It_ends_when_the_context_is_full()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var tokens = Run(model, TinyModels.Ids(155), Greedy).ToArray();
        Assert.Equal([null, null, null, null, null, StopReason.ContextFull], tokens.Select(t => t.Stop)); // the sixth is the 161st and is never read
        Assert.Equal(StopReason.ContextFull, Assert.Single(Run(model, TinyModels.Ids(160), Greedy)).Stop);
    }

    [Fact]
    public void Prompts_that_make_no_sense_are_refused_before_any_work()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        string Error(int[] prompt) => Assert.Throws<ArgumentException>(() => Run(model, prompt, Greedy)).Message;
        Assert.StartsWith("the prompt has 161 tokens, more than the model's context of 160", Error(TinyModels.Ids(161)), StringComparison.Ordinal);
        Assert.StartsWith("the prompt has no token", Error([]), StringComparison.Ordinal);
        Assert.StartsWith("token 23 of the prompt is not in the model's vocabulary of 23", Error([1, 23]), StringComparison.Ordinal);
        Assert.StartsWith("token -1 of the prompt", Error([-1]), StringComparison.Ordinal);
        Assert.Contains("MaxTokens is -1", Assert.Throws<ArgumentException>(() => Run(model, [1], Greedy with { MaxTokens = -1 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("TokensPerStep is 0", Assert.Throws<ArgumentException>(() => Run(model, [1], Greedy, new EngineOptions { TokensPerStep = 0 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_it()
    {
        using var cancel = new CancellationTokenSource();
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var engine = new DecodingEngine(model);
            await foreach (var token in engine.Generate([1], Greedy, cancel.Token))
            {
                if (++seen == 5)
                    cancel.Cancel();
            }
        });
        Assert.Equal(5, seen);
    }

    [Fact]
    public void Decoding_leaves_no_buffer_behind()
    {
        using var device = new Nonet.Tensors.Cpu.CpuDevice();
        var model = TinyModels.Filled(TinyModels.Declare("llama", new ParameterStore(device)), train: true);
        void Decode() => _ = Run(model, [1, 2, 3], Greedy with { MaxTokens = 150 }).Last();
        Decode();
        var before = device.Pool.AllocatedBytes;
        for (var i = 0; i < 5; i++)
            Decode();
        Assert.Equal(before, device.Pool.AllocatedBytes);
    }
}
