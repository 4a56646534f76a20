using System.Text.Json.Nodes;
using Nonet.Recipes.Alignment;
using Nonet.Recipes.Runs;
using Nonet.Training;

namespace Nonet.Recipes.Tests.Alignment;

public sealed class PpoTests : IDisposable
{
    readonly TinyPolicy tiny = new();

    public void Dispose() => tiny.Dispose();

    Watching Run(string run, params string[] overrides)
    {
        var watching = new Watching();
        Texts.Train(tiny.Ppo(overrides), tiny.Folder[run], progress: watching);
        return watching;
    }

    static double[] Rollouts(Watching watching, string name) => [.. watching.Events.OfType<Measured>().Select(m => m.Scores.Single(s => s.Name == name).Value)];

    [Theory]
    [InlineData("1"), InlineData("0.7")]
    public void The_first_ratio_of_every_rollout_is_1(string temperature)
    {
        using var watching = Run("run", $"training.temperature={temperature}");
        var changes = Rollouts(watching, "first_ratio_change");
        Assert.Equal(3, changes.Length);
        Assert.All(changes, c => Assert.InRange(c, 0, 1e-6));
        Assert.Contains(Rollouts(watching, "kl").Skip(1), kl => kl != 0); // the policy has moved meanwhile
    }

    [Fact]
    public void At_the_start_the_kl_is_0_and_the_logged_one_is_that_of_the_rewards()
    {
        using var watching = Run("run");
        Assert.Equal(0, Rollouts(watching, "kl")[0], 1e-6);
        Assert.Equal(0, watching.Events.OfType<Evaluated>().First().Scores.Single(s => s.Name == "kl").Value, 1e-6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("training.lora={rank: 2, alpha: 4, projections: [query, value]}")]
    [InlineData("training.kl={beta: 0.1, target: 0.001, horizon: 20}", "training.inner_epochs=2", "training.accumulate=2")]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes(params string[] overrides)
    {
        var (straight, _) = RunFiles.ResumesToTheSameBytes(tiny.Ppo([.. overrides.Where(o => o.Length > 0), "training.episodes=64"]), tiny.Folder,
            stopAfter: 3);
        Assert.True(File.Exists(Path.Combine(straight.Checkpoint, "critic", "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(straight.Checkpoint, "critic", "optimizer.safetensors")));
    }

    [Fact]
    public void Pretraining_gradients_hold_the_loss_of_the_text_and_resume_to_the_same_bytes()
    {
        string[] ptx = [$"training.ptx={{coefficient: 27.8, ratio: 2, length: 16, data: {{path: {tiny.Folder["text.txt"]}, documents: file, "
            + $"validation: 0.1}}}}"];
        File.WriteAllText(tiny.Folder["text.txt"], "");
        Directory.CreateDirectory(tiny.Folder["texts"]);
        for (var i = 0; i < 12; i++)
            File.WriteAllText(tiny.Folder[$"texts/{i}.txt"], string.Concat(Enumerable.Repeat($"the cat sat on the mat and ate {i} rats\n", 20)));
        ptx = [ptx[0].Replace("text.txt", "texts", StringComparison.Ordinal)];
        RunFiles.ResumesToTheSameBytes(tiny.Ppo(ptx), tiny.Folder, stopAfter: 3);
        using var with = Run("with", ptx);
        using var without = Run("without", ptx[0].Replace("27.8", "0", StringComparison.Ordinal));
        Assert.True(with.Score("pretraining_loss") < without.Score("pretraining_loss"));
    }

    [Fact]
    public void The_controller_moves_beta_by_the_logged_kl_and_a_checkpoint_keeps_it()
    {
        using var watching = Run("run", "training.kl={beta: 0.1, target: 1e-9, horizon: 100}");
        var beta = Rollouts(watching, "beta");
        Assert.Equal(0.1, beta[0]);
        var kl = Rollouts(watching, "kl");
        for (var i = 0; i < 2; i++)
            Assert.Equal(beta[i] * (1 + Math.Clamp(kl[i] / 1e-9 - 1, -0.2, 0.2) * 16 / 100), beta[i + 1], 1e-12);
        var state = JsonNode.Parse(File.ReadAllText(tiny.Folder["run/checkpoints/step-6/alignment.json"]))!;
        Assert.Equal(beta[2] * (1 + Math.Clamp(kl[2] / 1e-9 - 1, -0.2, 0.2) * 16 / 100), (double)state["beta"]!, 1e-12);
    }

    [Fact]
    public void A_kl_beyond_the_limit_stops_the_run_and_keeps_the_last_checkpoint()
    {
        var error = Assert.Throws<DivergedException>(() => Run("run", "training.kl={limit: 1e-9}", "training.learning_rate=0.05"));
        Assert.Contains("training.kl.limit is 1E-09", error.Message, StringComparison.Ordinal);
        Assert.Contains($"the last good checkpoint is {tiny.Folder["run/checkpoints/step-2"]}", error.Message, StringComparison.Ordinal);
        Assert.Equal(RunState.Diverged, RunStatus.Read(tiny.Folder["run"])!.State);
        Assert.True(Directory.Exists(tiny.Folder["run/checkpoints/step-2"]));
    }

    [Fact]
    public void The_page_has_the_curves_and_the_stages_side_by_side()
    {
        using var watching = Run("run");
        var page = File.ReadAllText(tiny.Folder["run/index.html"]);
        foreach (var name in (string[])["kl", "entropy", "value loss", "clip fraction", "response length", "reward"])
            Assert.Contains($"Rollouts: {name}", page, StringComparison.Ordinal);
        Assert.Contains("against the square root of the KL", page, StringComparison.Ordinal);
        Assert.Contains("<th>step 0</th>", page, StringComparison.Ordinal);
        Assert.Contains("<th>step 6</th>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("training.missing_stop=-7"), InlineData("training.whiten_rewards=false"), InlineData("training.whiten_advantages=false")]
    [InlineData("training.gamma=0.5"), InlineData("training.lambda=0.5"), InlineData("training.clip_ratio=0.0001"), InlineData("training.clip_value=0.0001")]
    [InlineData("training.value_coefficient=0.5"), InlineData("training.value_learning_rate=1e-2"), InlineData("training.inner_epochs=2")]
    [InlineData("training.temperature=0.7"), InlineData("training.ema_decay=0.1"), InlineData("training.warmup=3"), InlineData("training.kl={beta: 1}")]
    [InlineData("training.adamw.folded_epsilon=false"), InlineData("training.adamw.epsilon=1e-8"), InlineData("training.clip=0.01")]
    public void Each_detail_is_a_setting_that_changes_the_result(string setting)
    {
        string[] Files(string run, params string[] overrides) =>
            [.. RunFiles.Hashes(Texts.Train(tiny.Ppo(overrides), tiny.Folder[run]).Checkpoint).Where(f =>
                f.Contains("model.safetensors", StringComparison.Ordinal))];
        Assert.NotEqual(Files("usual"), Files("other", setting));
    }

    [Fact]
    public void The_critic_starts_from_the_reward_model_or_with_an_output_layer_of_zeros()
    {
        var reward = Texts.Train(tiny.Reward("training.epochs=1"), tiny.Folder["reward"]).Checkpoint;
        string[] still = [$"rewards=[{{kind: model, path: {tiny.Folder["reward"]}}}]", "training.value_learning_rate=1e-30", "training.adamw.weight_decay=0"];
        double[] Head(string run, params string[] more)
        {
            var result = Texts.Train(tiny.Ppo([.. still, .. more]), tiny.Folder[run]);
            return RunFiles.Weights(Path.Combine(result.Checkpoint, "critic"))["score.weight"];
        }
        Assert.Equal(RunFiles.Weights(reward)["score.weight"], Head("from-reward"));
        Assert.All(Head("zero", "training.value_head=zero"), w => Assert.Equal(0, w, 1e-20));
    }

    [Fact]
    public void The_rate_rises_over_ten_iterations_from_a_tenth()
    {
        var rates = new PpoOptions { Batch = 16, Minibatch = 8 }.Counted<PpoOptions>().Rates;
        double[] expected = [0.5e-6, 0.5e-6, 1e-6, 1e-6];
        Assert.Equal(expected, Enumerable.Range(1, 4).Select(u => rates.At(u)), (a, b) => Math.Abs(a - b) < 1e-18);
        Assert.Equal(5e-6, rates.At(19), 1e-18);
        Assert.Equal(5e-6, rates.At(1000), 1e-18);
    }

    [Theory]
    [InlineData("training.minibatch=5", "training.minibatch is 5 and training.batch 16")]
    [InlineData("rewards=[]", "rewards is empty")]
    [InlineData("rewards=[{kind: words, words: [a]}, {kind: words, words: [b]}]", "two rewards have the name words")]
    public void A_wrong_setting_is_named(string setting, string expected) => Assert.Contains(expected,
        Assert.ThrowsAny<Exception>(() => Texts.Train(tiny.Ppo(setting), tiny.Folder["run"])).Message, StringComparison.Ordinal);
}
