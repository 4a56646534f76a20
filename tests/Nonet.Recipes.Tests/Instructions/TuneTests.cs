using Nonet.Recipes.Instructions;

namespace Nonet.Recipes.Tests.Instructions;

public sealed class TuneTests : IDisposable
{
    readonly TinyChat chat = new();

    public void Dispose() => chat.Dispose();

    TuneOptions Options => new() { Model = chat.Folder["base"], Data = chat.Conversations() };

    [Fact]
    public void All_weights_are_trained_where_they_fit()
    {
        var plan = Tune.Plan(Options, TestContext.Current.CancellationToken);
        Assert.Null(plan.Recipe.Training.Lora);
        Assert.Equal((2 * 257 * 32 + 5 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 64), 0), (plan.Trained, plan.Frozen));
        Assert.Contains("0 frozen (all of them fit in memory); forecast of memory ", plan.Outline, StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_are_trained_where_they_are_asked_for_with_their_rank()
    {
        var plan = Tune.Plan(Options with { Lora = 4 }, TestContext.Current.CancellationToken);
        Assert.Equal((4, 8.0), (plan.Recipe.Training.Lora!.Rank, plan.Recipe.Training.Lora.Alpha));
        Assert.Equal(2 * 4 * (4 * 64 + 3 * 96), plan.Trained);
    }

    [Fact]
    public void Less_memory_means_smaller_passes_then_recomputed_blocks_then_an_error_with_both_figures()
    {
        chat.Save("base", TinyChat.Config with { Context = 2048, Layers = 8 }, TinyChat.Template);
        var ample = Tune.Plan(Options with { Full = true }, TestContext.Current.CancellationToken);
        Assert.False(ample.Recipe.Training.GradientCheckpointing);
        var tight = Tune.Plan(Options with { Full = true, Memory = ample.Bytes - 1 }, TestContext.Current.CancellationToken);
        Assert.True(tight.Recipe.Training.PassTokens < ample.Recipe.Training.PassTokens || tight.Recipe.Training.GradientCheckpointing);
        Assert.True(tight.Bytes < ample.Bytes);
        Assert.Matches("too little memory: training all weights takes about [0-9,]+ MB, and 10 MB may be used; leave out --full",
            Assert.Throws<ArgumentException>(() => Tune.Plan(Options with { Full = true, Memory = 10 << 20 }, TestContext.Current.CancellationToken)).Message);
        Assert.Matches("even training adapters takes about [0-9,]+ MB, and 10 MB may be used",
            Assert.Throws<ArgumentException>(() => Tune.Plan(Options with { Memory = 10 << 20 }, TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void A_plan_runs_and_its_recipe_reads_back()
    {
        var plan = Tune.Plan(Options with { Epochs = 0.2, Lora = 2, Template = "plain" }, TestContext.Current.CancellationToken);
        using var device = new Tensors.Cpu.CpuDevice(1);
        var result = Tune.Run(plan, device, chat.Folder["run"], threads: 1, stopping: TestContext.Current.CancellationToken);
        Assert.False(result.Interrupted);
        Assert.Equal(plan.Recipe.ToYaml(), TrainingRecipe.Load(chat.Folder["run/recipe.yaml"]).ToYaml());
        Assert.Equal("nonet chat RUN", plan.Recipe.Next());
    }
}
