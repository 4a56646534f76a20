using Nonet.Inference;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference;

/// <summary>What a decoded token leaves to the garbage collector: the tensors of its step, and nothing that grows with the text.</summary>
public class EngineGarbageTests
{
    [Fact]
    public async Task A_decoded_token_leaves_little_garbage_however_long_the_text_is()
    {
        const int Tokens = 60;
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        using var engine = new DecodingEngine(model, options: new EngineOptions { UnreadTokens = 512 });
        await Garbage(10, Tokens); // compiles
        var (early, late) = (await Garbage(1, Tokens), await Garbage(90, Tokens));
        Assert.InRange(late, 0, early + 512);
        Assert.InRange(late, 0, 12_000); // the objects of some 40 tensors

        async Task<double> Garbage(int prompt, int tokens)
        {
            var least = double.MaxValue;
            for (var round = 0; round < 5; round++) // other tests run beside this one
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                await foreach (var _ in engine.Generate(TinyModels.Ids(prompt), new GenerationOptions { MaxTokens = tokens, Sampler = SamplerOptions.Greedy },
                    TestContext.Current.CancellationToken))
                {
                }
                least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)tokens);
            }
            return least;
        }
    }
}
