using Nonet.Recipes.Alignment;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Alignment;

public sealed class GrpoTests : IDisposable
{
    readonly TinyPolicy tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("grpo", "1"), InlineData("dapo", "0.7"), InlineData("dr_grpo", "1")]
    public void Each_variant_trains_with_a_first_ratio_of_1_and_resumes_to_the_same_bytes(string variant, string temperature)
    {
        using var watching = new Watching();
        string[] settings = [$"training.variant={variant}", $"training.temperature={temperature}", "training.accumulate=2"];
        Texts.Train(tiny.Grpo(settings), tiny.Folder["watched"], progress: watching);
        Assert.All(watching.Events.OfType<Measured>(), m => Assert.InRange(m.Scores.Single(s => s.Name == "first_ratio_change").Value, 0, 1e-6));
        RunFiles.ResumesToTheSameBytes(tiny.Grpo(settings), tiny.Folder, stopAfter: 2);
    }

    [Theory]
    [InlineData("grpo"), InlineData("dapo"), InlineData("dr_grpo")]
    public void Each_variant_raises_its_reward(string variant)
    {
        using var watching = new Watching();
        Texts.Train(
            tiny.Grpo($"training.variant={variant}", "rewards=[{kind: words, words: [nowhere], length_penalty: 1}]", "training.episodes=1024",
                "training.batch=64", "training.minibatch=32", "training.group=8", "training.overlong_margin=0", "training.learning_rate=0.01"),
            tiny.Folder["run"], progress: watching);
        double[] rewards = [.. watching.Events.OfType<Measured>().Select(m => m.Scores.Single(s => s.Name == "reward").Value)];
        Assert.True(rewards[^1] > rewards[0] + 1, $"{rewards[0]} to {rewards[^1]}"); // shorter answers cost less
    }

    [Fact]
    public void A_variant_decides_what_is_null()
    {
        var dapo = ((GroupRecipe)tiny.Grpo("training.variant=dapo")).Training;
        Assert.Equal((0.28, 0.0, true, 1), (dapo.Loss!.ClipHigh, dapo.Loss.Beta, dapo.Resample, dapo.OverlongMargin));
        var own = ((GroupRecipe)tiny.Grpo("training.variant=dapo", "training.resample=false", "training.loss={clip_high: 0.4}")).Training;
        Assert.Equal((0.4, false), (own.Loss!.ClipHigh, own.Resample));
        Assert.Equal(0.04, ((GroupRecipe)tiny.Grpo()).Training.Loss!.Beta);
    }

    [Fact]
    public void Equal_rewards_leave_the_weights_alone()
    {
        var settings = new[] { "rewards=[{kind: words, words: [nowhere]}]", "training.loss={beta: 0}" };
        var result = Texts.Train(tiny.Grpo(settings), tiny.Folder["run"]);
        Assert.Equal(RunFiles.Weights(tiny.Folder["base"])["lm_head.weight"], RunFiles.Weights(result.Checkpoint)["lm_head.weight"]);
    }

    [Fact]
    public void An_exact_answer_is_the_reward_and_a_prompt_without_one_is_named()
    {
        using var watching = new Watching();
        Texts.Train(tiny.Grpo("rewards=[{kind: answer, answer: number}]"), tiny.Folder["run"], progress: watching);
        Assert.InRange(watching.Score("reward"), 0, 1);
        File.WriteAllLines(tiny.Folder["prompts.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"p{{i}}"}"""));
        var error = Assert.Throws<ArgumentException>(() => Texts.Train(tiny.Grpo("rewards=[{kind: answer}]"), tiny.Folder["other"]));
        Assert.Contains("has none: add a field answer", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("training.group=5", "training.batch is 16 and training.group 5")]
    [InlineData("training.overlong_margin=9", "at most training.response_tokens, 8")]
    public void A_wrong_setting_is_named(string setting, string expected) => Assert.Contains(expected,
        Assert.ThrowsAny<Exception>(() => tiny.Grpo(setting)).Message, StringComparison.Ordinal);
}
