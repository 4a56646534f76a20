using Nonet.Scaling;
using Nonet.Scaling.Runs;

namespace Nonet.Tests.Scaling.Fits;

/// <summary>
/// Porian et al. 2024: their runs (data/scaling/formll.csv) under five settings that lead from Kaplan's exponent to Chinchilla's, by their own method.
/// Expected: their released summaries.
/// </summary>
public sealed class FormllTests
{
    [Theory]
    [InlineData("rw", "base", "long", "kaplan", "kaplan", 0.835)]
    [InlineData("rw", "base", "long", "kaplan", "standard", 0.706)]
    [InlineData("rw", "base", "short", "kaplan", "standard", 0.602)]
    [InlineData("rw", "base", "short", "chinchilla", "standard", 0.571)]
    [InlineData("rw", "tuned", "short", "const", "standard", 0.497)]
    [InlineData("owt2", "base", "long", "kaplan", "kaplan", 0.864)]
    [InlineData("owt2", "base", "long", "kaplan", "standard", 0.699)]
    [InlineData("owt2", "base", "short", "kaplan", "standard", 0.603)]
    [InlineData("owt2", "base", "short", "chinchilla", "standard", 0.574)]
    [InlineData("owt2", "tuned", "short", "const", "standard", 0.518)]
    public void The_exponent_of_a_setting_is_the_published(string dataset, string hparams, string warmup, string decay, string counting, double published)
    {
        var table = RunTable.Read(Repository.File("data/scaling/formll.csv"),
            new RunTableOptions { Where = [("dataset", dataset), ("hparams", hparams), ("warmup", warmup), ("decay", decay), ("param_count", counting)] });
        FitOptions options = new() { Minimum = IsoFlopMinimum.Akima, SeedNoise = dataset == "rw" ? 0.002 : 0.01, Bootstrap = 0, Threads = 2 };
        Assert.Equal(published, ScalingLaw.Fit(table, ScalingLaw.IsoFlop, options, TestContext.Current.CancellationToken)["a"], 0.01);
        // and by parabolas, which is not their method
        Assert.Equal(published,
            ScalingLaw.Fit(table, ScalingLaw.IsoFlop, options with { Minimum = IsoFlopMinimum.Parabola }, TestContext.Current.CancellationToken)["a"], 0.035);
    }
}
