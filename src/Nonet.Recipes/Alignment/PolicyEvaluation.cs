using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Data.Preferences;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Evaluates a policy on held-out prompts: rewards, held-out rewards, KL from the reference, length, and loss on pre-training text. The first responses are
/// the samples.
/// </summary>
sealed class PolicyEvaluation(PolicyModel policy, PolicyOptions options, Rollouts rollouts, IReadOnlyList<Prompt> prompts, WeightedRewards rewards,
    IReadOnlyList<IReward> heldOutRewards, PretrainingText? text)
{
    /// <summary>Number of samples, whose stages the run's page shows side by side.</summary>
    const int Samples = 6;

    /// <summary>Number of the first response of an evaluation, larger than that of any rollout.</summary>
    const long FirstNumber = 1L << 40;

    /// <summary>Evaluates the current weights of the policy.</summary>
    /// <param name="beta">Weight of the KL in the objective.</param>
    /// <param name="sample">Receives each sample.</param>
    /// <param name="stopping">Cancels the work.</param>
    public Measurement Measure(double beta, Action<string, string> sample, CancellationToken stopping)
    {
        rollouts.Forget(); // the model may now hold the average of the weights
        var responses = rollouts.Write([.. prompts.Take(options.EvaluationPrompts)], new RolloutOptions
        {
            MaxTokens = options.ResponseTokens,
            Temperature = options.Temperature,
            Seed = options.Seed
        }, FirstNumber, stopping);
        rollouts.Forget();
        (int[], int[])[] items = [.. responses.Select(r => (r.PromptIds, r.Ids))];
        var (own, reference) = (Policy.Evaluate(policy.Model, items, options.Temperature, stopping: stopping),
            policy.Reference(items, options.Temperature, stopping));
        var kl = own.Zip(reference, (p, q) => p.Sum() - q.Sum()).Average();
        var reward = rewards.Score(responses, stopping).Average();
        var scores = new List<Score> { new("reward", reward) };
        foreach (var part in heldOutRewards)
            scores.Add(new Score("reward_" + part.Name, WeightedRewards.Finite(part, responses, stopping).Average()));
        scores.AddRange(new Score("kl", kl), new Score("sqrt_kl", Math.Sqrt(Math.Max(0, kl))),
            new Score("response_length", responses.Average(r => r.Ids.Length)), new Score("stopped", responses.Average(r => r.Stopped ? 1.0 : 0)));
        if (text is not null)
            scores.Add(new Score("pretraining_loss", text.Evaluate(policy.Model, stopping)));
        foreach (var response in responses.Take(Samples))
            sample(response.Prompt.Text, Pretrain.Printable(response.Text));
        return new Measurement(beta * kl - reward) { Unit = LossUnit.NegativeObjective, Scores = scores };
    }
}
