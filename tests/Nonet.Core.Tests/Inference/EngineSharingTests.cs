using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Tests.Models.Encoders;

namespace Nonet.Tests.Inference;

/// <summary>What sequences of one engine have in common: beginnings, memory, turns.</summary>
public class EngineSharingTests
{
    static readonly GenerationOptions Greedy = new() { Sampler = SamplerOptions.Greedy, MaxTokens = 10 };

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    static Llama Model(int context = 600) =>
        TinyModels.Filled(new Llama(TinyModels.LlamaConfig with { Context = context }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    [Fact]
    public async Task A_second_turn_computes_only_what_is_new()
    {
        using var engine = new DecodingEngine(Model());
        var prompt = TinyModels.Ids(300);
        var first = Written.Tokens(engine, prompt, Greedy);
        var before = engine.Counts.ComputedTokens;
        var second = engine.Generate([.. prompt, .. first.Select(t => t.Id), 1, 2, 3], Greedy, Stopping);
        var got = new List<int>();
        await foreach (var token in second)
            got.Add(token.Id);
        Assert.Equal(313, second.PromptTokens);
        Assert.Equal(309, second.ReusedTokens); // all that was computed: of the first answer's last token nothing was
        Assert.Equal(4 + 9, engine.Counts.ComputedTokens - before);
        Assert.Equal(Written.Ids(Model(), [.. prompt, .. first.Select(t => t.Id), 1, 2, 3], Greedy), got);
    }

    [Fact]
    public async Task A_beginning_that_requests_share_is_computed_once()
    {
        using var engine = new DecodingEngine(Model(), options: new EngineOptions { CacheTokens = 8000 });
        var shared = TinyModels.Ids(200);
        var requests = Enumerable.Range(0, 50).Select(i => new ScoringRequest([.. shared, i % 23, 5], [i / 23, 7])).ToArray();
        var scores = await engine.ScoreAsync(requests, Stopping).ToArrayAsync(Stopping);
        Assert.Equal(50, scores.Length);
        Assert.InRange(engine.Counts.ComputedTokens, 200 + 50 * 2, 200 + 50 * 3); // of each at most its own two tokens, and the first of its continuation
        using var alone = new DecodingEngine(Model(), options: new EngineOptions { ReusePrefixes = false });
        Assert.Equal(await alone.ScoreAsync(requests[33], Stopping), scores[33]);
    }

    [Fact]
    public async Task Scores_are_those_of_the_full_pass_and_say_which_tokens_are_greedy()
    {
        var model = Model();
        var ids = TinyModels.Ids(90);
        using var engine = new DecodingEngine(model);
        var scores = await engine.ScoreAsync(new ScoringRequest(ids[..20], ids[20..]), Stopping);
        var logits = TinyModels.Logits(model, ids);
        for (var i = 0; i < scores.Count; i++)
        {
            var row = logits.AsSpan((19 + i) * model.Vocab, model.Vocab).ToArray();
            Assert.Equal(ids[20 + i], scores[i].Id);
            Assert.Equal(row[ids[20 + i]] - Math.Log(row.Sum(Math.Exp)), scores[i].LogProbability, 1e-12);
            Assert.Equal(Array.IndexOf(row, row.Max()) == ids[20 + i], scores[i].IsLikeliest);
        }
    }

    [Fact]
    public async Task A_consumer_that_stops_reading_does_not_hold_the_others_up()
    {
        using var engine = new DecodingEngine(Model(), options: new EngineOptions { CacheTokens = 640, UnreadTokens = 4 });
        await using var stalled = engine.Generate(TinyModels.Ids(300), Greedy with { MaxTokens = 200 }, Stopping).GetAsyncEnumerator(Stopping);
        Assert.True(await stalled.MoveNextAsync());
        var others = await Task.WhenAll(
            Enumerable.Range(0, 6)
            .Select(i => Task.Run(() => Written.Tokens(engine, TinyModels.Ids(280, site: (uint)i + 1), Greedy with { MaxTokens = 60 }), Stopping)));
        Assert.All(others, tokens => Assert.Equal(60, tokens.Length));
        Assert.True(engine.Counts.Preemptions > 0, "the paused sequence kept its room");
        List<int> ids = [stalled.Current.Id];
        while (await stalled.MoveNextAsync())
            ids.Add(stalled.Current.Id);
        Assert.Equal(Written.Ids(Model(), TinyModels.Ids(300), Greedy with { MaxTokens = 200 }), ids);
    }

    [Fact]
    public async Task A_long_prompt_lets_the_others_go_on()
    {
        using var isSubmitted = new ManualResetEventSlim();
        var passes = new List<int>(); // tokens of each
        var model = new ObservedModel(Model(), batch =>
        {
            if (passes.Count > 0)
                isSubmitted.Wait(Stopping);
            passes.Add(batch.Ids.Count);
        });
        // What is unread never pauses the first sequence: a paused one is not beside the prompt, which may then be computed at once.
        using (var engine = new DecodingEngine(model, options: new EngineOptions { PromptTokensBesideDecoding = 10, UnreadTokens = 1000 }))
        {
            await using var decoding = engine.Generate([1, 2], Greedy with { MaxTokens = 200 }, Stopping).GetAsyncEnumerator(Stopping);
            Assert.True(await decoding.MoveNextAsync());
            await using var prompt = engine.Generate(TinyModels.Ids(500), Greedy with { MaxTokens = 1 }, Stopping).GetAsyncEnumerator(Stopping);
            var first = prompt.MoveNextAsync();
            isSubmitted.Set();
            Assert.True(await first);
        }
        // After the first prompt, and a pass that may have begun before the second came: fifty chunks of ten tokens, each beside a decoded token.
        Assert.Equal(Enumerable.Repeat(11, 50), passes.SkipWhile(tokens => tokens <= 2).Take(50));
    }

    [Fact]
    public void Room_that_a_prompt_needs_and_room_that_there_is_are_named()
    {
        using var engine = new DecodingEngine(Model(), options: new EngineOptions { CacheTokens = 100 });
        Assert.Equal(128, engine.Context); // whole blocks
        var message = Assert.Throws<ArgumentException>(() => engine.Generate(TinyModels.Ids(200), cancellationToken: Stopping)).Message;
        Assert.StartsWith("the prompt has 200 tokens, whose keys and values take 0.0 MB; the cache has room for 128 tokens in 0.0 MB: raise "
            + "EngineOptions.CacheTokens", message, StringComparison.Ordinal);
        Assert.Equal(StopReason.ContextFull, Written.Tokens(engine, TinyModels.Ids(120), Greedy with { MaxTokens = null })[^1].Stop);
    }

    [Fact]
    public async Task Logits_that_are_not_numbers_end_their_own_sequence_alone()
    {
        var model = Model();
        var table = model.Parameters.Parameters.Single(p => p.Path == "tokens/weight").Value;
        table.SetValue(22 * 20, double.NaN); // id 22 poisons what follows it
        using var engine = new DecodingEngine(model);
        var good = Task.Run(() => Written.Tokens(engine, [1, 2, 3], new GenerationOptions { MaxTokens = 4, Sampler = SamplerOptions.Greedy }), Stopping);
        await Assert.ThrowsAsync<InvalidDataException>(() => Task.Run(() => Written.Tokens(engine, [1, 22], Greedy), Stopping));
        Assert.InRange((await good).Length, 1, 4);
    }

    /// <summary>The sequence that fails has computed its beginning beside the damaged token, so its keys and values are not numbers either.</summary>
    [Theory]
    [InlineData(512, false), InlineData(512, true), InlineData(8, false), InlineData(8, true)]
    public async Task A_beginning_that_is_shared_with_a_damaged_sequence_is_computed_again(int tokensPerStep, bool isScored)
    {
        var inner = Model();
        inner.Parameters.Parameters.Single(p => p.Path == "tokens/weight").Value.SetValue(22 * 20, double.NaN);
        using var isSubmitted = new ManualResetEventSlim();
        var hasBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var engine = new DecodingEngine(new ObservedModel(inner, _ =>
        {
            hasBegun.TrySetResult();
            isSubmitted.Wait(Stopping);
        }), options: new EngineOptions { TokensPerStep = tokensPerStep, MostSequences = 2 });
        int[] prompt = [1, 2, 3, 4, 5];
        int[] damaged = [.. prompt, 22, .. TinyModels.Ids(30)];
        var score = new ScoringRequest(prompt, [7, 8]);
        // The second sequence begins while the first is computed, the third after it has failed.
        var bad = engine.Generate(damaged, Greedy, Stopping).ToArrayAsync(Stopping);
        await hasBegun.Task;
        var beside = Run();
        isSubmitted.Set();
        await Assert.ThrowsAsync<InvalidDataException>(async () => await bad);
        var (want, wantScore) = (Written.Ids(inner, prompt, Greedy), await new DecodingEngine(inner).ScoreAsync(score, Stopping));
        foreach (var (ids, scores) in new[] { await beside, await Run() })
        {
            Assert.Equal(want, ids ?? want);
            Assert.Equal(wantScore, scores ?? wantScore);
        }
        Assert.Equal(tokensPerStep == 8, engine.Counts.Preemptions > 0); // it had begun with the damaged keys

        async Task<(IEnumerable<int>? Ids, IReadOnlyList<TokenScore>? Scores)> Run() => isScored ? (null, await engine.ScoreAsync(score, Stopping))
            : ((await engine.Generate(prompt, Greedy, Stopping).ToArrayAsync(Stopping)).Select(t => t.Id), null);
    }

    [Fact]
    public void Weights_that_changed_are_not_answered_from_old_keys()
    {
        var model = Model();
        using var engine = new DecodingEngine(model);
        var prompt = TinyModels.Ids(150);
        Written.Tokens(engine, prompt, Greedy);
        var weights = model.Parameters.Parameters.First(p => p.Path.Contains("value", StringComparison.Ordinal)).Value;
        for (var i = 0; i < weights.Elements; i++)
            weights.SetValue(i, -weights.Value(i));
        engine.ForgetPrefixes();
        Assert.Equal(Written.Ids(model, prompt, Greedy), Written.Tokens(engine, prompt, Greedy).Select(t => t.Id));
    }

    [Fact]
    public async Task Answers_of_an_encoder_decoder_are_independent_of_each_other()
    {
        var model = TinyModels.Filled((IEncoderDecoder)EncoderTests.ConfigOf("t5").Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
        int[][] sources = [TinyModels.Ids(7), TinyModels.Ids(3, site: 1), TinyModels.Ids(12, site: 2)];
        using var engine = new DecodingEngine(model);
        var together = await Task.WhenAll(sources.Select(source => Task.Run(() => Written.Tokens(engine, source, Greedy), Stopping)));
        for (var i = 0; i < sources.Length; i++)
            Assert.Equal(Written.Tokens(model, sources[i], Greedy), together[i]);
    }

    [Fact]
    public async Task Disposing_ends_what_runs()
    {
        var engine = new DecodingEngine(Model(), options: new EngineOptions { UnreadTokens = 1 });
        await using var tokens = engine.Generate([1], Greedy with { MaxTokens = null }, Stopping).GetAsyncEnumerator(Stopping);
        Assert.True(await tokens.MoveNextAsync());
        engine.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await tokens.MoveNextAsync())
            {
            }
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.ScoreAsync(new ScoringRequest([1], [2]), Stopping));
    }

    /// <summary>Each engine has one consumer, which is often stopped between its reads: more threads than cores, and one token may be unread.</summary>
    [Fact]
    public async Task A_consumer_that_reads_while_the_engine_pauses_for_it_gets_every_token()
    {
        const int Rounds = 20;
        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var engine = new DecodingEngine(Model(), options: new EngineOptions { UnreadTokens = 1 });
            var count = 0;
            for (var i = 0; i < Rounds; i++)
            {
                await foreach (var token in engine.Generate([1 + i % 7], Greedy with { MaxTokens = 100 }, Stopping))
                    count++;
            }
            return count;
        }, Stopping))).WaitAsync(TimeSpan.FromMinutes(5), Stopping);
        Assert.All(counts, count => Assert.Equal(100 * Rounds, count));
    }
}
