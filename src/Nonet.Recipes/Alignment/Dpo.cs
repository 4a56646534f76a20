using System.Globalization;
using Nonet.Alignment;
using Nonet.Data;
using Nonet.Data.Preferences;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Trains a policy on preferences directly: Rafailov et al. 2023, with the losses of Azar et al. 2023 (IPO) and Mitchell 2023 (cDPO). The log-probabilities
/// of the reference are computed once, before the first update.
/// </summary>
static class Dpo
{
    public static TrainingResult Run(DpoRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (train, heldOut, warnings) = recipe.Data.Read();
        using var policy = new PolicyModel(recipe.From, recipe.Data.Template, recipe.Training.Lora, device);
        var options = recipe.Training.For(train.Length) with { Model = policy.Config };
        policy.Model.Checkpointing = options.GradientCheckpointing;
        var batches = new ShuffledExamples(train.Length, options.Batch, options.Seed);
        using var run = new TrainingRun(options, policy.Parameters, policy.Tokenizer, where, progress,
            DataIdentity.Of(train.Length, policy.Layout), policy.Start, policy.Adapter, LossUnit.NatsPerPair, policy.Settings);
        run.Notify("examples", string.Create(CultureInfo.InvariantCulture,
            $"{train.Length:N0} prompts with {train.Sum(r => r.Pairs.Count):N0} pairs to train on, {heldOut.Length:N0} with "
                + $"{heldOut.Sum(r => r.Pairs.Count):N0} held out"));
        policy.Notify(run);
        foreach (var warning in warnings)
            run.Notify("warning", warning);

        try
        {
            var (trainItems, heldOutItems) = (Array.ConvertAll(train, Encode), Array.ConvertAll(heldOut, Encode));
            run.Begin($"{options.Batch * options.Accumulate} prompts");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate(heldOutItems)))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, tokens) = (0.0, 0L);
                for (var part = 0; part < options.Accumulate; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    Item[] items = [.. batches[run.BatchOf(part)].Select(i => trainItems[i])];
                    using var scope = new TensorScope();
                    using var tape = new Tape();
                    var batch = new ResponseBatch(device, [.. items.SelectMany(i => i.Answers)]);
                    var now = Policy.LogProbabilities(policy.Model, batch);
                    var gradient = new double[batch.Tokens];
                    var own = Losses(items, batch, HostLoss.Read(now), gradient, 1.0 / (items.Length * options.Accumulate), pair: null);
                    tape.Backward(HostLoss.Of(now, own, gradient));
                    (loss, tokens) = (loss + own, tokens + batch.Batch.Tokens);
                }
                run.Update(loss, options.Accumulate, tokens);
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

        // Σ over rankings of weight · mean loss of their pairs, with its gradient for each token
        double Losses(IReadOnlyList<Item> items, ResponseBatch batch, double[] tokens, double[]? gradient, double weight, Action<PreferenceTerms>? pair)
        {
            var (loss, first) = (0.0, 0);
            foreach (var item in items)
            {
                foreach (var (better, worse) in item.Pairs)
                {
                    var terms = PreferenceLoss.Of(options.Loss, Sum(batch.Of(tokens, first + better)), Sum(batch.Of(tokens, first + worse)),
                        item.Reference[better], item.Reference[worse]);
                    loss += weight * terms.Loss / item.Pairs.Count;
                    pair?.Invoke(terms);
                    if (gradient is null)
                        continue;
                    Add(batch.Of(gradient, first + better), weight * terms.Slope / item.Pairs.Count);
                    Add(batch.Of(gradient, first + worse), -weight * terms.Slope / item.Pairs.Count);
                }
                first += item.Answers.Length;
            }
            return loss;
        }

        Item Encode(Ranking ranking)
        {
            var longest = Math.Min(options.Length ?? policy.Model.Context, policy.Model.Context);
            (int[], int[])[] answers = [.. ranking.Answers.Select(text =>
            {
                var (prompt, answer) = policy.Layout.Encode(ranking.Asked, text);
                var whole = PromptLayout.Join(prompt, answer, longest);
                var kept = Math.Min(answer.Length, longest - 1);
                return (whole[..^kept], whole[^kept..]);
            })];
            return new Item(answers, ranking.Pairs, [.. policy.Reference(answers, 1, stopping).Select(a => a.Sum())]);
        }

        Measurement Evaluate(IReadOnlyList<Item> items)
        {
            using var average = run.WithAverage();
            var (loss, margins, chosen, rejected) = (0.0, new List<double>(), 0.0, 0.0);
            foreach (var some in items.Chunk(options.Batch))
            {
                stopping.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                var batch = new ResponseBatch(device, [.. some.SelectMany(i => i.Answers)]);
                loss += Losses(some, batch, HostLoss.Read(Policy.LogProbabilities(policy.Model, batch)), null, 1.0 / items.Count, terms =>
                {
                    margins.Add(terms.ChosenReward - terms.RejectedReward);
                    (chosen, rejected) = (chosen + terms.ChosenReward, rejected + terms.RejectedReward);
                });
            }
            return new Measurement(loss)
            {
                Unit = LossUnit.NatsPerPair,
                Scores = [new("accuracy", PreferenceAccuracy.Of(margins)), new("margin", margins.Average()), new("chosen_reward", chosen / margins.Count),
                    new("rejected_reward", rejected / margins.Count)],
            };
        }
    }

    static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }

    static void Add(Span<double> values, double more)
    {
        foreach (ref var value in values)
            value += more;
    }

    /// <summary>The answers of a ranking as prompts and responses, its pairs, and ln π_ref of each answer.</summary>
    sealed record Item((int[] Prompt, int[] Response)[] Answers, IReadOnlyList<RankedPair> Pairs, double[] Reference);
}
