using System.Diagnostics;
using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Data;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Trains a policy on the best of several of its own answers to each prompt: best-of-n as a teacher. Touvron et al. 2023, "Llama 2", section 3.2.3; Dong et al.
/// 2023. A run that is stopped between iterations and resumed gives the same bits.
/// </summary>
static class Rejection
{
    public static TrainingResult Run(RejectionRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut) = recipe.Data.Read();
        using var policy = new PolicyModel(recipe.From, recipe.Data.Template, recipe.Training.Lora, device);
        var options = recipe.Training.Counted<RejectionOptions>() with { Model = policy.Config };
        policy.Model.Checkpointing = options.GradientCheckpointing;
        using var rewards = RewardSource.Open(recipe.Rewards, device);
        using var heldOutRewards = RewardSource.Open(recipe.HeldOutRewards ?? [], device);
        using var run = new TrainingRun(options, policy.Parameters, policy.Tokenizer, where, progress,
            DataIdentity.Of(train.Length, policy.Layout), policy.Start, policy.Adapter, LossUnit.NatsPerToken, policy.Settings);
        using var rollouts = new Rollouts(policy.Model, policy.Layout, policy.Model.Context, Math.Max(options.Batch, options.EvaluationPrompts),
            policy.StopTokens);
        var prompts = new ShuffledExamples(train.Length, options.Prompts, options.Seed);
        var minibatches = new ShuffledExamples(options.Prompts, options.Minibatch / options.Group, options.Seed);
        var evaluation = new PolicyEvaluation(policy, options, rollouts, heldOut, rewards, [.. heldOutRewards.Parts], text: null);

        try
        {
            run.Begin($"the best of {options.Group} responses to each of {options.Minibatch / options.Group} prompts");
            policy.Notify(run);
            for (var iteration = run.Step / options.UpdatesPerIteration; ; iteration++)
            {
                if (run.Step == 0 || run.NeedsEvaluation)
                    Evaluate();
                if (run.NeedsCheckpoint)
                    run.Save();
                if (run.Step == options.Steps)
                    break;
                stopping.ThrowIfCancellationRequested();

                run.BeginUpdate();
                var (chosen, figures) = Roll(iteration);
                var updating = Stopwatch.GetTimestamp();
                for (var update = 1; update <= options.UpdatesPerIteration; update++)
                {
                    run.BeginUpdate();
                    Update([.. minibatches[run.Step].Select(i => chosen[i]).OfType<Response>()], parts: update == options.UpdatesPerIteration ? 1 : 0);
                }
                rollouts.Forget();
                figures.Add(new Score("update_seconds", Stopwatch.GetElapsedTime(updating).TotalSeconds));
                run.Report(new Measured(run.Step, figures));
            }
            run.Finish();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            run.Interrupt();
        }
        catch (Exception e)
        {
            run.Fail(e);
            throw;
        }
        return run.Result();

        // The best response to each prompt; null where none is good enough
        (Response?[], List<Score>) Roll(int iteration)
        {
            var start = Stopwatch.GetTimestamp();
            var responses = rollouts.Write([.. prompts[iteration].SelectMany(i => Enumerable.Repeat(train[i], options.Group))],
                options.Rollout, (long)iteration * options.Batch, stopping);
            var generation = Stopwatch.GetElapsedTime(start);
            var scores = rewards.Score(responses, stopping);
            (int[], int[])[] items = [.. responses.Select(r => (r.PromptIds, r.Ids))];
            var own = Policy.Evaluate(policy.Model, items, options.Temperature, stopping: stopping);
            var kl = own.Zip(policy.Reference(items, options.Temperature, stopping), (p, q) => p.Sum() - q.Sum()).Average();
            KlLimit.Check(new KlOptions { Limit = options.KlLimit }, kl, run);
            int[] best = [.. scores.Chunk(options.Group).Select((group, prompt) => prompt * options.Group + BestOfN.Of(group))];
            Response?[] chosen = [.. best.Select(i => options.Least is { } least && scores[i] < least ? null : responses[i])];
            return (chosen, RolloutScores.Of(responses, scores.Average(), kl, own, start, generation, new Score("best_reward", best.Average(i => scores[i])),
                new Score("chosen", chosen.Average(c => c is null ? 0.0 : 1))));
        }

        // Mean of −ln π over the tokens of the chosen responses
        void Update(Response[] chosen, int parts)
        {
            var (loss, tokens) = (0.0, chosen.Sum(r => r.Ids.Length));
            foreach (var part in chosen.Chunk(Math.Max(1, options.Minibatch / options.Group / options.Accumulate)))
            {
                using var scope = new TensorScope();
                using var tape = new Tape();
                var batch = new ResponseBatch(device, [.. part.Select(r => (r.PromptIds, r.Ids))]);
                var now = Policy.LogProbabilities(policy.Model, batch, options.Temperature);
                var own = -HostLoss.Read(now).Sum() / tokens;
                tape.Backward(HostLoss.Of(now, own, [.. Enumerable.Repeat(-1.0 / tokens, batch.Tokens)]));
                loss += own;
            }
            run.Update(loss, parts, chosen.Sum(r => (long)r.PromptIds.Length + r.Ids.Length));
        }

        void Evaluate()
        {
            using var average = run.WithAverage();
            run.Record(evaluation.Measure(0, (prompt, text) => run.Report(new Sampled(run.Step, prompt, text)), stopping));
        }
    }
}
