using System.Diagnostics;
using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Data;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Trains a policy against rewards by proximal policy optimisation, and mixes in pre-training gradients (PPO-ptx). Ouyang et al. 2022, section 3.5 and
/// appendix C.4; Ziegler et al. 2019, section 2. A run that is stopped between iterations and resumed gives the same bits.
/// </summary>
static class Ppo
{
    const string StateName = "alignment.json";

    public static TrainingResult Run(PpoRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut) = recipe.Data.Read();
        using var policy = new PolicyModel(recipe.From, recipe.Data.Template, recipe.Training.Lora, device);
        var options = recipe.Training.Counted<PpoOptions>() with { Model = policy.Config };
        policy.Model.Checkpointing = options.GradientCheckpointing;
        using var rewards = RewardSource.Open(recipe.Rewards, device);
        using var heldOutRewards = RewardSource.Open(recipe.HeldOutRewards ?? [], device);
        using var critic = new CriticModel(recipe.Critic ?? CriticModel.Find(recipe.Rewards, policy), policy, options, device);
        using var ptx = options.Ptx is { } mix ? new PretrainingText(mix, policy.Tokenizer, policy.Model.Context, options.Minibatch, options.Accumulate,
            options.Seed, where.Out, stopping) : null;
        using var run = new TrainingRun(options, policy.Parameters, policy.Tokenizer, where, progress,
            DataIdentity.Of(train.Length, policy.Layout), policy.Start, policy.Adapter, LossUnit.PolicyLoss, policy.Settings);
        using var rollouts = new Rollouts(policy.Model, policy.Layout, policy.Model.Context, Math.Max(options.Batch, options.EvaluationPrompts),
            policy.StopTokens);
        var (prompts, minibatches, kl) = (new ShuffledExamples(train.Length, options.Batch, options.Seed),
            new ShuffledExamples(options.Batch, options.Minibatch, options.Seed), new KlController(options.Kl));
        var evaluation = new PolicyEvaluation(policy, options, rollouts, heldOut, rewards, [.. heldOutRewards.Parts], ptx);
        if (run.ResumedFrom is { } checkpoint)
        {
            critic.Restore(checkpoint);
            kl.Beta = ReadBeta(checkpoint);
        }
        run.AlsoSave = folder =>
        {
            critic.Save(folder);
            AtomicFile.WriteText(Path.Combine(folder, StateName), new JsonObject { ["beta"] = kl.Beta }.ToJsonString() + "\n");
        };

        try
        {
            run.Begin($"{options.Minibatch} of {options.Batch} responses");
            policy.Notify(run);
            run.Notify("critic", critic.Outline);
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
                var (episodes, figures) = Roll(iteration);
                var terms = new MeanTerms();
                var updating = Stopwatch.GetTimestamp();
                for (var update = 1; update <= options.UpdatesPerIteration; update++)
                {
                    run.BeginUpdate();
                    Update([.. minibatches[run.Step].Select(i => episodes[i])], terms, parts: update == options.UpdatesPerIteration ? 1 : 0);
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

        // Generates the responses of an iteration, and keeps the values that the updates need
        (PpoEpisode[], List<Score>) Roll(int iteration)
        {
            var start = Stopwatch.GetTimestamp();
            var responses = rollouts.Write([.. prompts[iteration].Select(i => train[i])],
                options.Rollout, (long)iteration * options.Batch, stopping);
            var generation = Stopwatch.GetElapsedTime(start);
            var scores = rewards.Score(responses, stopping);
            (int[], int[])[] items = [.. responses.Select(r => (r.PromptIds, r.Ids))];
            var (old, reference) = (Policy.Evaluate(policy.Model, items, options.Temperature, stopping: stopping),
                policy.Reference(items, options.Temperature, stopping));
            var values = critic.Values(items, stopping);
            var tokenRewards = Array.ConvertAll(old, o => new double[o.Length]);
            var sum = 0.0;
            for (var i = 0; i < responses.Length; i++)
                sum += TokenRewards.Of(TokenRewards.Penalized(scores[i], responses[i].Stopped, options.MissingStop), old[i], reference[i], kl.Beta,
                    tokenRewards[i]);
            var mean = sum / responses.Length;
            KlLimit.Check(options.Kl, mean, run);
            if (options.WhitenRewards)
                WhitenAll(tokenRewards);
            var episodes = responses.Select((response, i) =>
            {
                var (advantages, returns) = (new double[old[i].Length], new double[old[i].Length]);
                GeneralizedAdvantage.Estimate(tokenRewards[i], values[i], options.Gamma, options.Lambda, advantages, returns);
                return new PpoEpisode(response, old[i], values[i], advantages, returns);
            }).ToArray();
            var figures = RolloutScores.Of(responses, scores.Average(), mean, old, start, generation, new Score("beta", kl.Beta));
            kl.Update(mean, responses.Length);
            return (episodes, figures);
        }

        // One update of policy and critic, each with its own optimiser
        void Update(PpoEpisode[] minibatch, MeanTerms terms, int parts)
        {
            var advantages = minibatch.SelectMany(e => e.Advantages).ToArray();
            if (options.WhitenAdvantages)
                Whitening.Apply(advantages);
            var (loss, valueLoss, weight, at) = (0.0, 0.0, 1.0 / advantages.Length, 0);
            var (clipped, change) = (0.0, 0.0);
            foreach (var part in minibatch.Chunk(options.Minibatch / options.Accumulate))
            {
                var tokens = part.Sum(e => e.Values.Length);
                var own = PolicyBackward(part, advantages.AsSpan(at, tokens), weight);
                (loss, clipped, change, at) = (loss + own.Loss, clipped + own.Clipped, Math.Max(change, own.LargestChange), at + tokens);
                valueLoss += critic.Backward(part, options, weight);
            }
            var pretraining = ptx?.Backward(policy.Model, run.Step, CancellationToken.None) ?? 0;
            critic.Step(options.ValueLearningRate * options.Rates.At(run.Step + 1) / options.LearningRate, options.Clip);
            run.Update(loss + pretraining, parts, minibatch.Sum(e => (long)e.Response.PromptIds.Length + e.Response.Ids.Length));
            terms.Add(change, ("policy_loss", loss), ("value_loss", valueLoss), ("clip_fraction", clipped));
        }

        PpoTerms PolicyBackward(PpoEpisode[] part, ReadOnlySpan<double> advantages, double weight)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var batch = new ResponseBatch(device, [.. part.Select(e => e.Item)]);
            var now = Policy.LogProbabilities(policy.Model, batch, options.Temperature); // without dropout, so that the first ratio is 1
            var gradient = new double[batch.Tokens];
            var terms = PpoLoss.Policy(HostLoss.Read(now), [.. part.SelectMany(e => e.LogProbabilities)], advantages, options.ClipRatio, weight, gradient);
            tape.Backward(HostLoss.Of(now, terms.Loss, gradient));
            return terms;
        }

        void Evaluate()
        {
            using var average = run.WithAverage();
            run.Record(evaluation.Measure(kl.Beta, (prompt, text) => run.Report(new Sampled(run.Step, prompt, text)), stopping));
        }

        static double ReadBeta(string checkpoint)
        {
            var file = Path.Combine(checkpoint, StateName);
            return (double?)JsonNode.Parse(File.ReadAllText(file))?["beta"] ?? throw new MalformedFileException(file, "no field beta", "a number");
        }
    }

    static void WhitenAll(double[][] values)
    {
        var all = values.SelectMany(v => v).ToArray();
        Whitening.Apply(all, shiftMean: false);
        var at = 0;
        foreach (var own in values)
        {
            all.AsSpan(at, own.Length).CopyTo(own);
            at += own.Length;
        }
    }
}
