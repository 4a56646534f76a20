using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Alignment;

public sealed class RejectionTests : IDisposable
{
    readonly TinyPolicy tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void A_policy_learns_from_the_best_of_its_answers()
    {
        using var watching = new Watching();
        Texts.Train(tiny.Rejection("training.episodes=1024"), tiny.Folder["run"], progress: watching);
        double[] rewards = [.. watching.Events.OfType<Measured>().Select(m => m.Scores.Single(s => s.Name == "reward").Value)];
        Assert.True(rewards[^1] > rewards[0] + 1, $"{rewards[0]} to {rewards[^1]}"); // a byte less at a time: shorter answers cost less
        Assert.All(watching.Events.OfType<Measured>(), m => Assert.True(m.Scores.Single(s => s.Name == "best_reward").Value >= m.Scores.Single(s =>
            s.Name == "reward").Value));
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes() => RunFiles.ResumesToTheSameBytes(tiny.Rejection(), tiny.Folder, stopAfter: 3);

    [Fact]
    public void Answers_below_the_least_reward_are_not_trained_on()
    {
        var result = Texts.Train(tiny.Rejection("training.least=1"), tiny.Folder["run"]);
        Assert.Equal(RunFiles.Weights(tiny.Folder["base"])["lm_head.weight"], RunFiles.Weights(result.Checkpoint)["lm_head.weight"]);
    }

    [Fact]
    public void A_wrong_setting_is_named() =>
        Assert.Contains("both batches must be multiples of the group", Assert.ThrowsAny<Exception>(() => tiny.Rejection("training.group=3")).Message,
            StringComparison.Ordinal);
}
