using Nonet.Models.Decoders;
using Nonet.Recipes.Scaling;
using Nonet.Recipes.Yaml;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Tests.Scaling;

/// <summary>The YAML of a sweep, and the runs that it plans.</summary>
public class SweepRecipeTests
{
    const string Small = """
        train:
          model: {kind: llama, context: 16, tied: true}
          training: {batch: 4, learning_rate: 1e-2}
        sweep:
          plan: isoflop
          sizes: [8000, 3000]
          flops: [1e8, 2e8]
        """;

    static SweepRecipe Read(string text, params string[] overrides) => SweepRecipe.Parse("s.yaml", text, overrides);

    static string Refused(params string[] overrides) => Assert.Throws<RecipeException>(() => Read(Small, overrides)).Message;

    [Fact]
    public void Keys_bind_and_written_out_it_reads_back_as_the_same()
    {
        var recipe = Read(Small, "sweep.rate=search", "sweep.rates=[1e-3, 1e-2]", "sweep.seeds=[3, 18446744073709551615]", "sweep.held_out=none");
        Assert.Equal(("s", SweepPlan.IsoFlop, RateRule.Search, HeldOutRuns.None), (recipe.Name, recipe.Sweep.Plan, recipe.Sweep.Rate, recipe.Sweep.HeldOut));
        Assert.Equal([3, ulong.MaxValue], recipe.Sweep.Seeds);
        Assert.Equal([1e-3, 1e-2], recipe.Sweep.Rates!);
        Assert.Equal((4, 1e-2), (recipe.Train.Training.Batch, recipe.Train.Training.LearningRate));
        var text = recipe.ToYaml();
        Assert.Contains("noise_batches: 16\n", text, StringComparison.Ordinal);
        Assert.Equal(text, Read(text).ToYaml());
    }

    [Theory]
    [InlineData("sweep.size=3", "--set sweep.size=3: sweep.size: found an unknown key; expected one of the keys of sweep, the nearest is sizes")]
    [InlineData("sweep.plan=grids", "sweep.plan: found 'grids'; expected one of grid, isoflop, both")]
    [InlineData("sweep.sizes=[3000, -1]", "sweep.sizes.1: found '-1'; expected a number in [1000, 1000000000000]")]
    [InlineData("sweep.sizes=[]", "--set sweep.sizes=[]: sweep.sizes: found no sizes; expected a list of parameters")]
    [InlineData("sweep.sizes=[4000, 4000]", "sweep.sizes: found 4000 2 times; expected each value once")]
    [InlineData("sweep.flops=null", "sweep.flops: found nothing; expected a list of training FLOPs")]
    [InlineData("sweep.plan=both", "sweep.tokens: found nothing; expected a list of tokens, or tokens_per_parameter, for the grid")]
    [InlineData("sweep.plan=grid", "sweep.tokens: found nothing; expected a list of tokens")]
    [InlineData("sweep.rate=search", "sweep.rates: found nothing; expected a list of at least two learning rates")]
    [InlineData("sweep.held_out=smallest", "sweep.held_out: found 'smallest'; expected one of largest, none")]
    [InlineData("sweep.noise_batches=1", "sweep.noise_batches: found 1; expected at least 2")]
    [InlineData("sweep.seeds=[-1]", "sweep.seeds.0: found '-1'; expected a whole number from 0 to 2^64 - 1")]
    [InlineData("train.training.steps=5", "train.training.steps: found an unknown key")]
    [InlineData("train.training.batch=0", "train.training.batch: found '0'")]
    [InlineData("train.model={kind: gptj}", "train.model.kind: found gptj; expected a kind that a sweep knows shapes for")]
    public void What_makes_no_sweep_is_named(string key, string message) => Assert.Contains(message, Refused(key), StringComparison.Ordinal);

    [Fact]
    public void A_plan_leaves_the_budgets_of_the_others_unused()
    {
        var grid = Read(Small, "sweep.plan=grid", "sweep.tokens=[5000]");
        Assert.All(PlannedRun.Of(grid, vocab: 257), run => Assert.Equal("grid", run.Plan));
        Assert.Equal([1e8, 2e8], grid.Sweep.Flops!);
        Assert.All(PlannedRun.Of(Read(Small, "sweep.tokens=[5000]", "sweep.rates=[1e-3, 1e-2]"), vocab: 257), run => Assert.Equal("isoflop", run.Plan));
    }

    [Fact]
    public void An_isoflop_plan_gives_each_size_the_tokens_of_its_own_parameters()
    {
        var runs = PlannedRun.Of(Read(Small), vocab: 257);
        Assert.Equal(4, runs.Count);
        Assert.True(runs[0].Model.Parameters < runs[2].Model.Parameters); // small sizes first, whatever their order in the file
        foreach (var (run, flops) in runs.Zip([1e8, 2e8, 1e8, 2e8]))
        {
            Assert.Equal(Math.Round(flops / 6 / run.Model.Parameters / 64), run.Steps);
            Assert.Equal(run.Steps * 64L, run.Tokens);
        }
        Assert.All(runs, r => Assert.False(r.HeldOut)); // the minima need every run
        Assert.StartsWith($"n{runs[0].Model.Parameters}-c1e8-s1", runs[0].Name, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_size_of_the_grid_is_held_out_whatever_its_tokens()
    {
        var runs = PlannedRun.Of(Read(Small, "sweep.plan=both", "sweep.tokens=[1000, 2000]"), vocab: 257);
        Assert.Equal(2, runs.Count(r => r.HeldOut));
        Assert.All(runs, r => Assert.Equal(r is { Plan: "grid", Size: 1 }, r.HeldOut));
        Assert.DoesNotContain(PlannedRun.Of(Read(Small, "sweep.plan=both", "sweep.tokens=[1000, 2000]", "sweep.held_out=none"), vocab: 257), r => r.HeldOut);
    }

    [Fact]
    public void A_plan_with_runs_too_short_or_equal_names_them()
    {
        string Planned(params string[] overrides) => Assert.Throws<ArgumentException>(() => PlannedRun.Of(Read(Small, overrides), 257)).Message;
        Assert.Matches(@"sweep\.flops: the size of [\d,]+ parameters would see [\d,]+ tokens \(1e6 FLOPs\), 1 updates of 64; expected at least 10",
            Planned("sweep.flops=[1e6]"));
        Assert.Matches(@"sweep\.sizes: 3000 and 3010 give one shape, ", Planned("sweep.sizes=[3000, 3010]"));
        Assert.Matches(@"sweep: runs n\d+-c1e8-s1 and n\d+-c1\.001e8-s1 are the same ", Planned("sweep.flops=[1e8, 1.001e8]"));
    }

    [Fact]
    public void A_shape_has_nearly_the_wanted_size_and_counts_embeddings_apart()
    {
        var kind = new LlamaConfig { Vocab = 257, Context = 64, Heads = 8, KvHeads = 4, Tied = true, Epsilon = 1e-6f };
        var model = SweepModels.Of(kind, 50_000, length: 64, ParameterCounting.All);
        var llama = Assert.IsType<LlamaConfig>(model.Config);
        Assert.InRange(model.Parameters, 40_000, 60_000);
        Assert.Equal(257L * llama.Width, model.Parameters - model.NonEmbedding);
        Assert.Equal((64, 1e-6f, llama.Heads / 2), (llama.Context, llama.Epsilon, llama.KvHeads)); // what is no matter of size stays
        Assert.InRange(SweepModels.Of(kind, 50_000, 64, ParameterCounting.NonEmbedding).NonEmbedding, 40_000, 60_000);
        var gpt = SweepModels.Of(new GptConfig { Vocab = 257, Context = 64, Tied = false }, 50_000, 64, ParameterCounting.All);
        Assert.Equal((2 * 257L + 64) * gpt.Width, gpt.Parameters - gpt.NonEmbedding); // tokens, output, positions
        var (layers, width) = (gpt.Layers, gpt.Width);
        // matrices and output, not the tables
        Assert.Equal(6.0 * (12L * layers * width * width + 257L * width) + 12.0 * layers * width * 64, gpt.FlopsPerToken);
        Assert.IsType<Qwen3Config>(SweepModels.Of(new Qwen3Config { Vocab = 257, KvHeads = 32, Hidden = 1 }, 50_000, 64, ParameterCounting.All).Config);
    }

    [Fact]
    public void Rates_by_a_power_fall_with_size()
    {
        using var folder = new TemporaryFolder();
        var recipe = Read(Small, "sweep.rate=power", "sweep.exponent=0.5");
        var runs = PlannedRun.Of(recipe, 257);
        var none = new SweepTable(folder["search.csv"], []);
        Assert.Equal(1e-2, SweepRates.Of(recipe, runs, 0, none));
        Assert.Equal(1e-2 * Math.Sqrt((double)runs[0].Model.Parameters / runs[2].Model.Parameters), SweepRates.Of(recipe, runs, 1, none)!.Value, 1e-12);
        Assert.Equal(1e-2, SweepRates.Of(Read(Small), runs, 1, none));
    }
}
