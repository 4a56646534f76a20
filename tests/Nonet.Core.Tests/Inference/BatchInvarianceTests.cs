using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Models;

namespace Nonet.Tests.Inference;

/// <summary>The log-probabilities of an unquantised model are the same bits whatever is computed beside them, and those of the training pass.</summary>
public class BatchInvarianceTests
{
    public static TheoryData<string> Families => [.. TinyModels.Families];

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Families))]
    public async Task Scores_do_not_depend_on_batch_chunk_or_threads(string family)
    {
        foreach (var bits in new[] { 512, 256, 128 })
        {
            IReadOnlyList<TokenScore>[]? want = null;
            foreach (var (threads, batch, chunk, reuses) in new[] { (1, 1, 512, false), (2, 7, 33, false), (3, 64, 512, true), (2, 64, 1, false),
                (1, 7, 100, true) })
            {
                using var device = new CpuDevice(new CpuOptions { Threads = threads, VectorBits = bits });
                var model = TinyModels.Build(family, device, train: false);
                var requests = Enumerable.Range(0, chunk == 1 ? 5 : 64)
                    .Select(i => new ScoringRequest(TinyModels.Ids(1 + i % 7 * 20, site: (uint)(i % 3)), TinyModels.Ids(2 + i % 11, site: (uint)i))).ToArray();
                using var engine = new DecodingEngine(model,
                    options: new EngineOptions { MostSequences = batch, TokensPerStep = chunk, ReusePrefixes = reuses });
                var got = await engine.ScoreAsync(requests, Stopping).ToArrayAsync(Stopping);
                want ??= got;
                for (var i = 0; i < got.Length; i++)
                    Assert.Equal(want[i], got[i]);
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Log_probabilities_of_a_rollout_are_those_of_the_training_pass(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu);
        var prompt = TinyModels.Ids(70);
        var options = new GenerationOptions { MaxTokens = 60, LogProbabilities = 2, Sampler = new SamplerOptions { Temperature = 0.7, Seed = 3 } };
        var tokens = Written.Tokens(model, prompt, options);
        int[] ids = [.. prompt, .. tokens.Select(t => t.Id)];
        using var scope = new TensorScope();
        using var tape = new Nonet.Tensors.Autograd.Tape();
        var logits = model.Output(model.Forward(Batch.Of(TinyModels.Cpu, ids))).ToDoubles();
        for (var i = 0; i < tokens.Length; i++)
        {
            var row = logits.AsSpan((prompt.Length - 1 + i) * model.Vocab, model.Vocab).ToArray();
            Assert.Equal(row[tokens[i].Id] - Math.Log(row.Sum(Math.Exp)), tokens[i].LogProbability!.Value, 1e-12);
            Assert.Equal(row[tokens[i].Id] / 0.7 - Math.Log(row.Sum(x => Math.Exp(x / 0.7))), tokens[i].SampledLogProbability!.Value, 1e-12);
            var likeliest = row.Index().OrderByDescending(p => p.Item).Take(2).Select(p => p.Index);
            Assert.Equal(likeliest, tokens[i].Likeliest!.Select(p => p.Id));
        }
    }
}
