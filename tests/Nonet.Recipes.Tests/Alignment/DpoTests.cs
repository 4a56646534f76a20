using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Alignment;

public sealed class DpoTests : IDisposable
{
    readonly TinyPolicy tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData("dpo"), InlineData("ipo"), InlineData("cdpo")]
    public void Each_loss_learns_the_preferences(string kind)
    {
        using var watching = new Watching();
        Texts.Train(tiny.Dpo($"training.loss={{kind: {kind}}}"), tiny.Folder["run"], progress: watching);
        Assert.InRange(watching.Score("accuracy"), 0.8, 1);
        Assert.True(watching.Score("margin") > 0);
    }

    [Fact]
    public void The_first_loss_is_ln_2()
    {
        using var watching = new Watching();
        Texts.Train(tiny.Dpo(), tiny.Folder["run"], progress: watching);
        Assert.Equal(Math.Log(2), watching.FirstLoss, 1e-5);
    }

    [Theory]
    [InlineData("training.accumulate=2"), InlineData("training.lora={rank: 2, alpha: 4, projections: [query, value]}")]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes(string setting) => RunFiles.ResumesToTheSameBytes(tiny.Dpo(setting, "training.epochs=4"),
        tiny.Folder, stopAfter: 5);

    [Fact]
    public void Under_an_adapter_the_reference_is_the_policy_with_the_adapter_off()
    {
        using var watching = new Watching();
        var result = Texts.Train(tiny.Dpo("training.lora={rank: 4, alpha: 8, projections: [query, value, up, down]}", "training.learning_rate=0.03"),
            tiny.Folder["run"], progress: watching);
        Assert.Equal(Math.Log(2), watching.FirstLoss, 1e-5);
        Assert.InRange(watching.Score("margin"), 0.001, 100);
        Assert.True(File.Exists(Path.Combine(result.Checkpoint, "adapter", "adapter_model.safetensors")));
    }
}
