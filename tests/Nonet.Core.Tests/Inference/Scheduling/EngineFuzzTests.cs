using Nonet.Inference;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference.Scheduling;

/// <summary>Many callers with random requests against one engine: each gets, to the bit, what it would get alone.</summary>
public class EngineFuzzTests
{
    const int Callers = 12, RequestsOfEach = 6;

    static readonly EngineOptions Alone = new() { MostSequences = 1, ReusePrefixes = false };

    static Llama Model() => TinyModels.Filled(new Llama(TinyModels.LlamaConfig with { Context = 400 }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    /// <summary>A request made of a number alone, many of them with a common beginning.</summary>
    static (int[] Prompt, GenerationOptions Options) RequestOf(int number)
    {
        var random = new Random(number);
        int[] shared = TinyModels.Ids(random.Next(1, 200), site: (uint)random.Next(3));
        int[] own = TinyModels.Ids(random.Next(0, 60), site: (uint)number + 10);
        return ([.. shared, .. own], new GenerationOptions
        {
            MaxTokens = random.Next(1, 70),
            StopTokens = random.Next(3) == 0 ? [random.Next(23)] : [],
            LogProbabilities = random.Next(3),
            Sampler = new SamplerOptions
            {
                Temperature = random.Next(3) * 0.7,
                Seed = (ulong)number,
                TopK = random.Next(2) == 0 ? null : 9,
                RepetitionPenalty = random.Next(3) == 0 ? 1.2 : null
            },
        });
    }

    [Theory]
    [InlineData(1, 448, 6, 512, 64), InlineData(2, 448, 30, 32, 20), InlineData(3, 4000, 12, 100, 1), InlineData(4, 700, 3, 7, 5)]
    public async Task Every_caller_gets_the_bits_of_its_request_alone(int seed, int cacheTokens, int sequences, int tokensPerStep, int beside)
    {
        var stopping = TestContext.Current.CancellationToken;
        var model = Model();
        using var engine = new DecodingEngine(model, options: new EngineOptions
        {
            CacheTokens = cacheTokens,
            MostSequences = sequences,
            TokensPerStep = tokensPerStep,
            PromptTokensBesideDecoding = beside,
            UnreadTokens = 8,
        });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => Call(caller), stopping)));
        Assert.True(engine.Counts.ReusedTokens > 0, "no prefix was reused");

        async Task Call(int caller)
        {
            var random = new Random(seed * 1000 + caller);
            for (var i = 0; i < RequestsOfEach; i++)
            {
                var number = random.Next(40);
                var (prompt, options) = RequestOf(number);
                if (random.Next(4) == 0)
                    await Score(number, prompt);
                else
                    await Generate(random, prompt, options);
            }
        }

        async Task Generate(Random random, int[] prompt, GenerationOptions options)
        {
            var leavesAfter = random.Next(4) == 0 ? random.Next(1, 30) : int.MaxValue;
            var got = new List<GeneratedToken>();
            await foreach (var token in engine.Generate(prompt, options, stopping))
            {
                got.Add(token);
                if (got.Count == leavesAfter)
                    break;
                if (random.Next(40) == 0)
                    await Task.Delay(random.Next(8), stopping); // reads slowly for a while
            }
            var want = Written.Tokens(model, prompt, options, Alone);
            if (got.Count < leavesAfter)
                Assert.Equal(want.Length, got.Count);
            for (var i = 0; i < got.Count; i++)
                AssertSame(want[i], got[i]);
        }

        async Task Score(int number, int[] prompt)
        {
            var request = new ScoringRequest(prompt, TinyModels.Ids(1 + number % 9, site: 77));
            using var alone = new DecodingEngine(model, options: Alone);
            Assert.Equal(await alone.ScoreAsync(request, stopping), await engine.ScoreAsync(request, stopping));
        }
    }

    static void AssertSame(GeneratedToken want, GeneratedToken got)
    {
        Assert.Equal(want with { Likeliest = null }, got with { Likeliest = null });
        Assert.Equal(want.Likeliest!, got.Likeliest!);
    }
}
