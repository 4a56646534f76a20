using System.Diagnostics;
using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Data;
using Nonet.Data.Preferences;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Trains a policy against rewards without a value model: the responses to a prompt are compared with each other. Shao et al. 2024, section 4.1, with the
/// variants of Yu et al. 2025 (DAPO) and Liu et al. 2025 (Dr. GRPO). A run that is stopped between iterations and resumed gives the same bits.
/// </summary>
static class Grpo
{
    /// <summary>Maximum number of batches of prompts that an iteration samples to find groups with different rewards.</summary>
    const int MostBatches = 10;

    public static TrainingResult Run(GroupRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut) = recipe.Data.Read();
        using var policy = new PolicyModel(recipe.From, recipe.Data.Template, recipe.Training.Lora, device);
        var options = recipe.Training.Completed().Counted<GroupOptions>() with { Model = policy.Config };
        var loss = options.Loss!;
        policy.Model.Checkpointing = options.GradientCheckpointing;
        using var rewards = RewardSource.Open(recipe.Rewards, device);
        using var heldOutRewards = RewardSource.Open(recipe.HeldOutRewards ?? [], device);
        using var run = new TrainingRun(options, policy.Parameters, policy.Tokenizer, where, progress,
            DataIdentity.Of(train.Length, policy.Layout), policy.Start, policy.Adapter, LossUnit.PolicyLoss, policy.Settings);
        using var rollouts = new Rollouts(policy.Model, policy.Layout, policy.Model.Context, Math.Max(options.Batch, options.EvaluationPrompts),
            policy.StopTokens);
        var (prompts, minibatches) = (new ShuffledExamples(train.Length, options.Prompts, options.Seed),
            new ShuffledExamples(options.Batch, options.Minibatch, options.Seed));
        var evaluation = new PolicyEvaluation(policy, options, rollouts, heldOut, rewards, [.. heldOutRewards.Parts], text: null);

        try
        {
            run.Begin($"{options.Minibatch} of {options.Batch} responses");
            policy.Notify(run);
            while (true)
            {
                if (run.Step == 0 || run.NeedsEvaluation)
                    Evaluate();
                if (run.NeedsCheckpoint)
                    run.Save();
                if (run.Step == options.Steps)
                    break;
                stopping.ThrowIfCancellationRequested();

                run.BeginUpdate();
                var (episodes, figures, batches) = Roll();
                var terms = new MeanTerms();
                var updating = Stopwatch.GetTimestamp();
                for (var update = 1; update <= options.UpdatesPerIteration; update++)
                {
                    run.BeginUpdate();
                    Update([.. minibatches[run.Step].Select(i => episodes[i])], terms, parts: update == options.UpdatesPerIteration ? batches : 0);
                }
                rollouts.Forget();
                figures.Add(new Score("update_seconds", Stopwatch.GetElapsedTime(updating).TotalSeconds));
                figures.AddRange(terms.Scores);
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

        // Generates groups of responses, and keeps the log-probabilities that the updates need
        (GroupEpisode[], List<Score>, int Batches) Roll()
        {
            var start = Stopwatch.GetTimestamp();
            var (groups, equal, batches) = (new List<Group>(), new List<Group>(), 0);
            do
            {
                var batch = run.State.Batches + batches++;
                Prompt[] asked = [.. prompts[batch].SelectMany(i => Enumerable.Repeat(train[i], options.Group))];
                var responses = rollouts.Write(asked, options.Rollout, batch * options.Batch, stopping);
                var scores = rewards.Score(responses, stopping);
                if (options.OverlongMargin is > 0 and var margin)
                    scores = [.. scores.Select((s, i) => s + GroupLoss.Overlong(responses[i].Ids.Length, options.ResponseTokens, margin))];
                foreach (var group in responses.Zip(scores).Chunk(options.Group))
                {
                    var own = new Group([.. group.Select(g => g.First)], [.. group.Select(g => g.Second)]);
                    (options.Resample == true && own.Rewards.All(r => r == own.Rewards[0]) ? equal : groups).Add(own);
                }
            }
            while (groups.Count < options.Prompts && batches < MostBatches);
            Group[] kept = [.. groups.Concat(equal).Take(options.Prompts)]; // if there are too few, groups of equal rewards fill the batch
            Response[] all = [.. kept.SelectMany(g => g.Responses)];
            var generation = Stopwatch.GetElapsedTime(start);
            (int[], int[])[] items = [.. all.Select(r => (r.PromptIds, r.Ids))];
            var (old, reference) = (Policy.Evaluate(policy.Model, items, options.Temperature, stopping: stopping),
                policy.Reference(items, options.Temperature, stopping));
            var kl = old.Zip(reference, (p, q) => p.Sum() - q.Sum()).Average();
            KlLimit.Check(new KlOptions { Limit = options.KlLimit }, kl, run);
            double[] advantages = [.. kept.SelectMany(g => GroupLoss.Advantages(g.Rewards, loss.DivideByDeviation))];
            var figures = RolloutScores.Of(all, kept.Average(g => g.Rewards.Average()), kl, old, start, generation,
                new Score("equal_groups", kept.Average(g => g.Rewards.All(r => r == g.Rewards[0]) ? 1.0 : 0)));
            return ([.. all.Select((response, i) => new GroupEpisode(response, old[i], reference[i], advantages[i]))], figures, batches);
        }

        void Update(GroupEpisode[] minibatch, MeanTerms terms, int parts)
        {
            var weights = GroupLoss.Weights([.. minibatch.Select(e => e.Response.Ids.Length)], loss.Mean, options.ResponseTokens);
            var (sum, kl, clipped, change, first) = (0.0, 0.0, 0.0, 0.0, 0);
            foreach (var part in minibatch.Chunk(options.Minibatch / options.Accumulate))
            {
                using var scope = new TensorScope();
                using var tape = new Tape();
                var batch = new ResponseBatch(device, [.. part.Select(e => e.Item)]);
                var now = Policy.LogProbabilities(policy.Model, batch, options.Temperature); // without dropout, so that the first ratio is 1
                var (values, gradient, own) = (HostLoss.Read(now), new double[batch.Tokens], 0.0);
                for (var i = 0; i < part.Length; i++)
                {
                    var measured = GroupLoss.Of(loss, batch.Of(values, i), part[i].LogProbabilities, part[i].Reference, part[i].Advantage,
                        weights[first + i], batch.Of(gradient, i));
                    (own, kl, clipped, change) = (own + measured.Loss, kl + measured.Kl, clipped + measured.Clipped, Math.Max(change, measured.LargestChange));
                }
                tape.Backward(HostLoss.Of(now, own, gradient));
                (sum, first) = (sum + own, first + part.Length);
            }
            run.Update(sum, parts, minibatch.Sum(e => (long)e.Response.PromptIds.Length + e.Response.Ids.Length));
            terms.Add(change, ("policy_loss", sum), ("kl_loss", kl), ("clip_fraction", clipped));
        }

        void Evaluate()
        {
            using var average = run.WithAverage();
            run.Record(evaluation.Measure(loss.Beta, (prompt, text) => run.Report(new Sampled(run.Step, prompt, text)), stopping));
        }
    }

    sealed record Group(Response[] Responses, double[] Rewards);
}
