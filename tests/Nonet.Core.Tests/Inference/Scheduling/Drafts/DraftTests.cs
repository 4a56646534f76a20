using Nonet.Inference;
using Nonet.Inference.Scheduling.Drafts;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference.Scheduling.Drafts;

/// <summary>Drafts change how fast a text comes, and no token of it.</summary>
public class DraftTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    static Llama Model() => TinyModels.Filled(new Llama(TinyModels.LlamaConfig with { Context = 400 }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    /// <summary>The model's own first layers: wrong often, right often enough.</summary>
    static Gpt Small() =>
        TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Layers = 1, Context = 200 }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    static EngineOptions ByModel(int tokens = 4) => new() { Draft = Small(), DraftTokens = tokens, AlwaysDrafts = true };

    static EngineOptions BySelf => new() { Draft = Model(), AlwaysDrafts = true };

    static EngineOptions ByLookup => new() { DraftsByLookup = true, AlwaysDrafts = true };

    [Theory]
    [InlineData(0, null, null), InlineData(0.9, 5UL, null), InlineData(1.5, 6UL, 1.3), InlineData(0.3, 7UL, null)]
    public void A_text_is_the_same_with_drafts(double temperature, ulong? seed, double? penalty)
    {
        var options = new GenerationOptions
        {
            MaxTokens = 150,
            LogProbabilities = 1,
            Sampler = new SamplerOptions { Temperature = temperature, Seed = seed, RepetitionPenalty = penalty }
        };
        int[] prompt = [.. TinyModels.Ids(40), .. TinyModels.Ids(40)]; // repeats itself
        var want = Written.Tokens(Model(), prompt, options).Select(Plain);
        foreach (var drafts in new[] { ByModel(), ByModel(1), BySelf, ByLookup })
            Assert.Equal(want, Written.Tokens(Model(), prompt, options, drafts).Select(Plain));

        static (int, string, StopReason?, double?, double?) Plain(GeneratedToken token) =>
            (token.Id, token.Text, token.Stop, token.LogProbability, token.SampledLogProbability);
    }

    [Fact]
    public void A_model_that_drafts_for_itself_is_always_right()
    {
        using var engine = new DecodingEngine(Model(), options: BySelf);
        Assert.Equal(60, Written.Tokens(engine, [1, 2, 3], new GenerationOptions { MaxTokens = 60, Sampler = new SamplerOptions { Seed = 3 } }).Length);
        var counts = engine.Counts;
        Assert.Equal(counts.DraftedTokens, counts.AcceptedTokens);
        Assert.InRange(counts.Steps, 10, 14); // a prompt, and six tokens a step
    }

    [Fact]
    public async Task Sequences_together_with_drafts_are_those_of_each_alone()
    {
        using var engine = new DecodingEngine(Model(), options: ByLookup with { CacheTokens = 1000 });
        var all = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(i => Task.Run(() => Written.Tokens(engine, TinyModels.Ids(90, site: (uint)i % 2), Options(i)), Stopping)));
        for (var i = 0; i < all.Length; i++)
            Assert.Equal(Written.Tokens(Model(), TinyModels.Ids(90, site: (uint)i % 2), Options(i)), all[i]);

        static GenerationOptions Options(int i) => new() { MaxTokens = 100 + i, Sampler = new SamplerOptions { Temperature = 0.5, Seed = (ulong)i } };
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void Drawn_tokens_follow_the_models_distribution(bool lookup)
    {
        const int Draws = 4000;
        var model = Model();
        int[] prompt = [3, 4, 3, 4, 3];
        using var engine = new DecodingEngine(model, options: lookup ? ByLookup : ByModel(2));
        var counts = new int[model.Vocab * model.Vocab];
        for (var seed = 0; seed < Draws; seed++)
        {
            var ids = Written.Tokens(engine, prompt,
                new GenerationOptions { MaxTokens = 3, Sampler = new SamplerOptions { Seed = (ulong)seed, Temperature = 0.8 } });
            counts[ids[1].Id * model.Vocab + ids[2].Id]++; // the tokens that drafts may have made
        }
        var expected = new double[counts.Length];
        var first = Probabilities(prompt);
        for (var a = 0; a < model.Vocab; a++)
        {
            var second = Probabilities([.. prompt, a]);
            for (var b = 0; b < model.Vocab; b++)
            {
                var third = Probabilities([.. prompt, a, b]);
                for (var c = 0; c < model.Vocab; c++)
                    expected[b * model.Vocab + c] += Draws * first[a] * second[b] * third[c];
            }
        }
        // Cells of fewer than five expected draws are counted together. The statistic's deviation is √(2 · degrees): five of them happen once in millions of
        // seeds.
        var cells = expected.Index().Where(e => e.Item >= 5).Select(e => (Expected: e.Item, Got: (double)counts[e.Index])).ToList();
        cells.Add((Draws - cells.Sum(c => c.Expected), Draws - cells.Sum(c => c.Got)));
        var chi = cells.Sum(c => (c.Got - c.Expected) * (c.Got - c.Expected) / c.Expected);
        Assert.True(cells.Count > 30);
        Assert.InRange(chi, 0, cells.Count - 1 + 5 * Math.Sqrt(2 * (cells.Count - 1)));
        Assert.True(engine.Counts.AcceptedTokens > 10, $"{engine.Counts.AcceptedTokens} drafts were accepted");

        double[] Probabilities(int[] ids)
        {
            var row = TinyModels.Logits(model, ids)[^model.Vocab..];
            var sum = row.Sum(x => Math.Exp(x / 0.8));
            return [.. row.Select(x => Math.Exp(x / 0.8) / sum)];
        }
    }

    [Fact]
    public void A_draft_model_with_another_vocabulary_is_refused()
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        var other = TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Vocab = 24 }, store.Root), train: false);
        var message = Assert.Throws<ArgumentException>(() => new DecodingEngine(Model(), options: new EngineOptions { Draft = other })).Message;
        Assert.Equal("EngineOptions.Draft has a vocabulary of 24 tokens, the model draws from 23; expected a draft model with the same vocabulary", message);
    }

    [Fact]
    public void Drafts_are_given_up_while_they_measure_slower()
    {
        var meter = new DraftMeter(always: false);
        Steps(6, 0.01, tokens: 1, drafts: 0);
        Assert.True(meter.Drafts);
        Steps(6, 0.03, tokens: 2, drafts: 4); // 67 tokens/s against 100
        Assert.False(meter.Drafts);
        Steps(63, 0.01, 1, 0);
        Assert.False(meter.Drafts);
        Steps(1, 0.01, 1, 0);
        Assert.True(meter.Drafts); // another try
        Steps(20, 0.02, 4, 4); // 200 tokens/s
        Assert.True(meter.Drafts);
        Steps(120, 0.05, 2, 4); // the text has changed
        Assert.False(meter.Drafts);

        void Steps(int count, double seconds, int tokens, int drafts)
        {
            for (var i = 0; i < count && (drafts == 0 || meter.Drafts); i++)
                meter.Record(seconds, tokens, drafts, tokens - 1);
        }
    }
}
