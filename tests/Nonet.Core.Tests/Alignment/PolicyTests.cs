using Nonet.Alignment;
using Nonet.Data.Preferences;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Alignment;

/// <summary>Rollouts and training see one model: the same log-probabilities, whatever is computed beside a response.</summary>
public sealed class PolicyTests : IDisposable
{
    readonly CpuDevice device = new(1);
    readonly ParameterStore store;
    readonly Llama model;

    public PolicyTests()
    {
        store = new ParameterStore(device);
        model = new Llama(new LlamaConfig { Vocab = 257, Context = 48, Layers = 2, Width = 32, Heads = 4, KvHeads = 2, HeadWidth = 8, Hidden = 48 },
            store.Root);
        store.FillForTraining(7);
    }

    public void Dispose()
    {
        store.Dispose();
        device.Dispose();
    }

    static readonly (int[], int[])[] items = [([65, 66, 67], [68, 69, 256]), ([70], [71]), ([72, 73], [74, 75, 76, 77])];

    [Theory]
    [InlineData(1), InlineData(0.7)]
    public void A_response_has_the_same_bits_in_any_batch(double temperature)
    {
        var together = Policy.Evaluate(model, items, temperature, stopping: TestContext.Current.CancellationToken);
        for (var i = 0; i < items.Length; i++)
            Assert.Equal(together[i], Assert.Single(Policy.Evaluate(model, [items[i]], temperature, tokensAtOnce: 1,
                stopping: TestContext.Current.CancellationToken)));
        Assert.Equal([3, 1, 4], together.Select(t => t.Length));
    }

    [Theory]
    [InlineData(1), InlineData(0.7)]
    public void Log_probabilities_are_those_of_the_softmax_at_the_temperature(double temperature)
    {
        var computed = Policy.Evaluate(model, items, temperature, stopping: TestContext.Current.CancellationToken);
        for (var i = 0; i < items.Length; i++)
        {
            using var scope = new TensorScope();
            var (prompt, response) = items[i];
            var logits = model.Output(model.Forward(Batch.Of(device, [.. prompt, .. response]))).ToDoubles();
            for (var t = 0; t < response.Length; t++)
            {
                var row = logits.AsSpan((prompt.Length + t - 1) * 257, 257).ToArray().Select(l => l / temperature).ToArray();
                Assert.Equal(row[response[t]] - row.Max() - Math.Log(row.Sum(l => Math.Exp(l - row.Max()))), computed[i][t], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(1), InlineData(0.7)]
    public void The_engine_draws_by_the_probabilities_that_training_computes(double temperature)
    {
        var layout = new PromptLayout(new ByteTokenizer());
        using var rollouts = new Rollouts(model, layout, 48, 8);
        var prompts = Enumerable.Range(0, 8).Select(i => new Prompt($"prompt {i}")).ToArray();
        var responses = rollouts.Write(prompts, new RolloutOptions { MaxTokens = 12, Temperature = temperature, Seed = 5 },
            stopping: TestContext.Current.CancellationToken);
        using var engine = new Nonet.Inference.DecodingEngine(model);
        var own = Policy.Evaluate(model, [.. responses.Select(r => (r.PromptIds, r.Ids))], temperature, stopping: TestContext.Current.CancellationToken);
        for (var i = 0; i < responses.Length; i++)
        {
            var options = new Nonet.Inference.GenerationOptions
            {
                Sampler = new() { Temperature = temperature, Seed = unchecked(5UL * 0x9E3779B97F4A7C15 + (ulong)i) },
                MaxTokens = 12,
                StopTokens = [256],
                LogProbabilities = 0,
            };
            var tokens = engine.Generate(responses[i].PromptIds, options,
                TestContext.Current.CancellationToken).ToBlockingEnumerable(TestContext.Current.CancellationToken).ToArray();
            Assert.Equal(responses[i].Ids, tokens.Select(t => t.Id));
            for (var t = 0; t < tokens.Length; t++)
                Assert.Equal(tokens[t].SampledLogProbability!.Value, own[i][t], 1e-5);
        }
    }

    [Fact]
    public void A_large_vocabulary_is_computed_in_pieces_with_the_same_gradients()
    {
        double[] Gradients(long limit)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var batch = new ResponseBatch(device, items);
            var y = Policy.LogProbabilities(model, batch, 0.7, limit);
            tape.Backward(HostLoss.Of(y, 0, [.. Enumerable.Range(1, batch.Tokens).Select(i => (double)i)]));
            var result = store.Gradients.ToDoubles();
            store.ClearGradients();
            return result;
        }
        var whole = Gradients(1 << 20);
        Assert.Contains(whole, g => g != 0);
        Assert.Equal(whole, Gradients(3 * 257), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void The_gradient_of_a_host_loss_is_that_of_the_loss_itself()
    {
        double[] Gradients(Func<ResponseBatch, Tensor> loss)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var batch = new ResponseBatch(device, items);
            tape.Backward(loss(batch));
            var result = store.Gradients.ToDoubles();
            store.ClearGradients();
            return result;
        }
        var host = Gradients(batch =>
        {
            var y = Policy.LogProbabilities(model, batch);
            var values = HostLoss.Read(y);
            return HostLoss.Of(y, -values.Average(), [.. values.Select(_ => -1.0 / values.Length)]);
        });
        var cross = Gradients(batch =>
        {
            var targets = new int[batch.Batch.Tokens];
            Array.Fill(targets, -1);
            for (var i = 0; i < batch.Tokens; i++)
                targets[batch.Rows.Values[i]] = batch.Targets.Values[i];
            return model.Loss(batch.Batch, device.From(targets));
        });
        Assert.Equal(cross, host, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void A_prompt_that_is_too_long_loses_its_beginning_and_an_answer_its_end()
    {
        Assert.Equal([1, 2, 3], PromptLayout.Join([1, 2], [3], 4));
        Assert.Equal([2, 3, 4], PromptLayout.Join([1, 2], [3, 4], 3));
        Assert.Equal([2, 3, 4], PromptLayout.Join([1, 2], [3, 4, 5, 6], 3));
    }

    [Fact]
    public void Folded_epsilon_is_that_of_tensorflow()
    {
        // g = 1 in the first update: m̂ = 1, v̂ = 1; TensorFlow's: lr √(1 − β₂) / (1 − β₁) · m / (√v + ε) with m = 1 − β₁, v = 1 − β₂
        using var own = new ParameterStore(device);
        var p = (own.Root / "w").Add(new Shape(1, 1), Initialization.Zeros, ParameterRole.Bias);
        own.FillForTraining(1);
        using var optimizer = new Nonet.Training.AdamW(own, new() { Beta1 = 0.9, Beta2 = 0.99, Epsilon = 0.1, FoldedEpsilon = true, WeightDecay = 0 });
        using (var tape = new Tape())
            tape.Backward(Ops.Sum(p.Value));
        optimizer.Step(0.5);
        Assert.Equal(-0.5 * Math.Sqrt(0.01) / (Math.Sqrt(0.01) + 0.1), p.Value.ToDoubles()[0], 1e-6);
    }
}
