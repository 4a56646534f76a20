using Nonet.Inference;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference;

/// <summary>
/// What a decoded token leaves to the garbage collector, on the engine's own thread from one pass of the model to the next: other tests, which run beside
/// this one, are not counted.
/// </summary>
public class EngineGarbageTests
{
    static readonly SamplerOptions sampled = new()
    {
        Temperature = 0.9,
        TopK = 15,
        TopP = 0.95,
        MinP = 0.01,
        RepetitionPenalty = 1.1,
        FrequencyPenalty = 0.1,
        Seed = 4,
    };

    public static TheoryData<string, bool, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, int>();
            foreach (var family in new[] { "gpt", "llama", "qwen3 yarn", "gemma3" })
            {
                foreach (var isSampled in new[] { false, true })
                {
                    foreach (var sequences in new[] { 1, 8 })
                        cases.Add(family, isSampled, sequences);
                }
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task A_step_leaves_no_garbage_however_long_the_text_is(string family, bool isSampled, int sequences)
    {
        const int Tokens = 120;
        var marks = new List<(int Thread, long Bytes)>(10_000); // what the thread has allocated at each pass
        var model = new ObservedModel(TinyModels.Build(family, TinyModels.Cpu, train: false),
            _ => marks.Add((Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread())));
        using var engine = new DecodingEngine(model, options: new EngineOptions { UnreadTokens = 512, CacheTokens = 4096 });
        for (var round = 0; round < 2; round++) // the first compiles, and fills the pools
        {
            marks.Clear();
            await Task.WhenAll(Enumerable.Range(0, sequences).Select(async i =>
            {
                var options = new GenerationOptions { MaxTokens = Tokens, Sampler = isSampled ? sampled : SamplerOptions.Greedy, StopTokens = [] };
                await foreach (var _ in engine.Generate([1 + i, 2, 3], options, TestContext.Current.CancellationToken))
                {
                }
            }));
        }
        var steps = marks.Zip(marks.Skip(1)).Where(m => m.First.Thread == m.Second.Thread).Select(m => m.Second.Bytes - m.First.Bytes).ToArray();
        Assert.True(steps.Length > Tokens / 2);
        var (early, late) = (Median(steps[..(steps.Length / 2)]), Median(steps[(steps.Length / 2)..]));
        Assert.InRange(late, 0, 64 * sequences); // most steps leave nothing; it was 7,000 for two blocks
        Assert.InRange(late, 0, early + 128);
    }

    static long Median(long[] values) => values.Order().ElementAt(values.Length / 2);
}
