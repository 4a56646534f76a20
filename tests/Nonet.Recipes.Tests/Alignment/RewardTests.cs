using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.Alignment;

public sealed class RewardTests : IDisposable
{
    readonly TinyPolicy tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void A_reward_model_learns_rankings_and_is_saved_as_a_sequence_classifier()
    {
        using var watching = new Watching();
        var result = Texts.Train(tiny.Reward(), tiny.Folder["run"], progress: watching);
        Assert.InRange(watching.Score("accuracy"), 0.9, 1);
        var config = File.ReadAllText(Path.Combine(result.Checkpoint, "config.json"));
        Assert.Contains("LlamaForSequenceClassification", config, StringComparison.Ordinal);
        Assert.Contains("regression", config, StringComparison.Ordinal);
        Assert.True(File.Exists(tiny.Folder["run/plots/calibration.svg"]));
    }

    [Fact]
    public void Rewards_of_the_best_answers_have_the_mean_0()
    {
        var result = Texts.Train(tiny.Reward("training.epochs=1"), tiny.Folder["run"]);
        using var device = new CpuDevice(1);
        using var open = new LoadedModel(result.Checkpoint, device);
        var model = new RewardModel(open.Task, new PromptLayout(open.LoadTokenizer()), RewardScale.Read(open.FolderPath));
        var held = TrainingHeldOut();
        var best = Rankings.Read(new RankingOptions { Path = tiny.Folder["rankings.jsonl"] }).Items.Where(r => !held(r.Prompt)).Select(r =>
            model.Encode(r.Prompt, r.Answers[3])).ToArray();
        Assert.Equal(0, model.Score(best, TestContext.Current.CancellationToken).Average(), 1e-4);
        Assert.NotEqual(0, model.Scale.Bias);

        static Func<string, bool> TrainingHeldOut() => prompt => Nonet.Data.TokenizedData.Draw(1, prompt) < 0.2;
    }

    [Theory]
    [InlineData("mean_and_deviation", true), InlineData("none", false)]
    public void The_normalisation_is_a_setting(string normalize, bool scaled)
    {
        var result = Texts.Train(tiny.Reward("training.epochs=1", $"data.normalize={normalize}"), tiny.Folder["run"]);
        var scale = RewardScale.Read(result.Checkpoint);
        Assert.Equal(scaled, scale.Gain != 1);
        Assert.Equal(scaled, scale.Bias != 0);
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes() => RunFiles.ResumesToTheSameBytes(tiny.Reward(), tiny.Folder, stopAfter: 5);

    [Fact]
    public void A_new_head_has_the_deviation_1_over_the_root_of_width_plus_1_and_follows_the_seed()
    {
        double[] Head(int seed) => RunFiles.Weights(Texts.Train(tiny.Reward("training.epochs=0.1", "training.learning_rate=1e-30", $"training.seed={seed}"),
            tiny.Folder[$"{seed}"]).Checkpoint)["score.weight"];
        var heads = Enumerable.Range(1, 4).Select(Head).ToArray();
        Assert.InRange(Math.Sqrt(heads.SelectMany(h => h).Average(w => w * w)), 0.75 / Math.Sqrt(17), 1.25 / Math.Sqrt(17));
        Assert.NotEqual(heads[0], heads[1]);
    }

    [Fact]
    public void Warnings_name_what_the_file_lacks()
    {
        File.AppendAllLines(tiny.Folder["rankings.jsonl"],
            ["""{"prompt":"q","answers":["only"],"ranks":[1]}""", """{"prompt":"r","chosen":"","rejected":"b"}"""]);
        using var watching = new Watching();
        Texts.Train(tiny.Reward("training.epochs=0.1"), tiny.Folder["run"], progress: watching);
        Assert.Equal(["skipped 1 line without a comparison (a single answer, or ties only)", "found 1 empty answer"], watching.Of("warning"));
    }
}
