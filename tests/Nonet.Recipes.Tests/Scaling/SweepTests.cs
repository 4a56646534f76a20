using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;
using Nonet.Scaling.Runs;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.Scaling;

/// <summary>Sweeps of tiny models, from the recipe to the table.</summary>
public sealed class SweepTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public SweepTests() => TextFiles.Write(folder["texts"]);

    public void Dispose() => folder.Dispose();

    sealed class Collect(Action<RunEvent>? also = null) : IProgress<RunEvent>
    {
        public List<RunEvent> Events { get; } = [];

        public void Report(RunEvent value)
        {
            Events.Add(value);
            also?.Invoke(value);
        }
    }

    /// <summary>Two sizes at two budgets: 4 runs of 10 to 59 updates.</summary>
    SweepRecipe Tiny(params string[] overrides) => SweepRecipe.Parse("tiny.yaml", $"""
        train:
          model: {"{kind: llama, context: 16, tied: true}"}
          data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
          training: {"{batch: 2, learning_rate: 1e-2}"}
        sweep: {"{plan: isoflop, sizes: [3000, 8000], flops: [2e7, 4e7], noise_batches: 4}"}
        """, overrides);

    SweepResult Make(SweepRecipe recipe, string name, bool resume = false, IProgress<RunEvent>? progress = null, CancellationToken? stopping = null) =>
        Sweep.Run(recipe, new CpuDevice(1), folder[name], resume, threads: 1, progress, stopping ?? TestContext.Current.CancellationToken);

    /// <summary>The table without the seconds, which are never the same.</summary>
    static string[] Lines(SweepResult sweep) => [.. File.ReadAllLines(sweep.Table).Select(line => string.Join(',', line.Split(',').Where((_, i) => i != 9)))];

    [Fact]
    public void A_sweep_leaves_a_row_a_run_that_the_fits_read()
    {
        var progress = new Collect();
        var sweep = Make(Tiny(), "s", progress: progress);
        Assert.Equal((4, 4, false), (sweep.Planned, sweep.Rows.Count, sweep.Interrupted));
        var runs = RunTable.Read(sweep.Table).Runs;
        Assert.Equal(sweep.Rows.Select(r => (r.Name, (double)r.Parameters, (double)r.Tokens, r.Loss)),
            runs.Select(r => (r.Name!, r.Parameters, r.Tokens, r.Loss)));
        foreach (var (row, run) in sweep.Rows.Zip(runs))
        {
            Assert.InRange(run.Flops, 0.95 * (row.Name.Contains("c2e7", StringComparison.Ordinal) ? 2e7 : 4e7),
                1.05 * (row.Name.Contains("c2e7", StringComparison.Ordinal) ? 2e7 : 4e7));
            Assert.InRange(row.Loss, 1, 6);
            Assert.InRange(run.Curve.Count, row.Steps * 9 / 10, Math.Min(100, row.Steps)); // what is not warm-up
            Assert.Equal(row.Tokens, run.Curve[^1].Tokens);
            Assert.Equal(row.Noise?.Scale, run.NoiseScale);
            Assert.True(row.FullFlops > 6.0 * row.NonEmbedding * row.Tokens);
            Assert.Equal(RunState.Finished, RunStatus.Read(folder[$"s/runs/{row.Name}"])!.State);
        }
        Assert.Equal(4, RunTable.Read(sweep.Table, new RunTableOptions { Where = [("held_out", "no")] }).Runs.Count);
        Assert.Contains(sweep.Rows[0].Name, File.ReadAllText(sweep.Page), StringComparison.Ordinal);
        Assert.Single(sweep.Fits!.Problems); // two sizes bracket no minimum
        var last = progress.Events.OfType<SweepStep>().Last();
        Assert.Equal((4, 4, 1.0, TimeSpan.Zero), (last.Run, last.Runs, Math.Round(last.Done, 9), last.Remaining));
    }

    [Fact]
    public void Stopped_in_the_middle_of_a_run_it_goes_on_to_the_same_table()
    {
        var straight = Make(Tiny(), "straight");
        using var stop = new CancellationTokenSource();
        var stopped = Make(Tiny(), "stopped", progress: new Collect(e =>
        {
            if (e is SweepStep { Run: 3, Step.Step: 7 })
                stop.Cancel();
        }), stopping: stop.Token);
        Assert.Equal((true, 2), (stopped.Interrupted, stopped.Rows.Count));
        var progress = new Collect();
        var resumed = Make(Tiny(), "stopped", resume: true, progress);
        Assert.False(resumed.Interrupted);
        Assert.Equal(Lines(straight), Lines(resumed));
        Assert.Equal([3, 4], progress.Events.OfType<SweepStep>().Select(s => s.Run).Distinct());
        Assert.Equal(8, progress.Events.OfType<SweepStep>().First().Step.Step);
        File.Delete(resumed.Table); // its runs are there still
        Assert.Equal(Lines(straight), Lines(Make(Tiny(), "stopped", resume: true)));
    }

    [Fact]
    public void Searched_rates_are_those_with_the_lowest_loss_and_one_at_the_edge_is_a_warning()
    {
        var sweep = Make(Tiny("sweep.rate=search", "sweep.rates=[1e-6, 1e-2, 1e-5]"), "s");
        Assert.All(sweep.Rows, r => Assert.Equal(1e-2, r.LearningRate));
        var searched = File.ReadAllLines(folder["s/search.csv"]);
        Assert.Equal(1 + 2 * 3, searched.Length);
        Assert.Contains(searched, line => line.StartsWith($"{sweep.Rows[0].Name}-lr1e-06,search,", StringComparison.Ordinal));
        Assert.Equal(2, sweep.Warnings.Count);
        Assert.Contains("is 0.01, the highest of sweep.rates: a better one may lie beyond", sweep.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_is_named_and_the_others_are_made()
    {
        var recipe = Tiny("sweep.rate=power", "sweep.exponent=-2", "train.training.learning_rate=1e30", "train.training.clip=null"); // × 9 for the second size
        foreach (var resume in new[] { false, true })
        {
            var sweep = Make(recipe, "s", resume);
            Assert.Equal((4, 0), (sweep.Failed.Count, sweep.Rows.Count));
            Assert.Contains("step ", sweep.Failed[0].Reason, StringComparison.Ordinal);
        }
        var searched = Make(Tiny("sweep.rate=search", "sweep.rates=[1e30, 1e-2]"), "t"); // of a search the others count
        Assert.Equal((0, 4), (searched.Failed.Count, searched.Rows.Count));
    }

    [Fact]
    public void A_grid_tells_how_well_the_largest_size_is_predicted()
    {
        var sweep = Make(Tiny("sweep.plan=grid", "sweep.flops=null", "sweep.tokens=[1500, 2000]", "sweep.sizes=[3000, 5000, 8000, 20000]",
            "train.training.learning_rate=3e-3"), "s");
        Assert.Empty(sweep.Fits!.Problems);
        Assert.Equal(sweep.Rows.Where(r => r.HeldOut).Select(r => r.Name), sweep.Fits!.OfSize!.HeldOut.Select(p => p.Run.Name!)); // both of the largest size
        var held = sweep.Fits!.HeldOut!;
        Assert.Equal(sweep.Rows[^1].Loss, held.Measured);
        Assert.InRange(held.RelativeError, -0.5, 0.5);
        Assert.Contains("<svg", File.ReadAllText(sweep.Page), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_recipe_a_taken_folder_and_a_spoilt_table_are_refused()
    {
        var sweep = Make(Tiny(), "s");
        Assert.Contains("sweep.yaml of another sweep", Assert.Throws<RunFolderException>(() => Make(Tiny(), "s")).Message, StringComparison.Ordinal);
        Assert.Contains("sweep.evaluations: 2 in the run, 3 now",
            Assert.Throws<RunFolderException>(() => Make(Tiny("sweep.evaluations=3"), "s", resume: true)).Message, StringComparison.Ordinal);
        Assert.Contains("no sweep to resume", Assert.Throws<RunFolderException>(() => Make(Tiny(), "none", resume: true)).Message, StringComparison.Ordinal);
        File.AppendAllText(sweep.Table, "x,y\n");
        Assert.Contains("line 6 is not a row", Assert.Throws<RunFolderException>(() => Make(Tiny(), "s", resume: true)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["none"]));
        Assert.Throws<ArgumentException>(() => Make(Tiny("sweep.flops=[1e5]"), "short"));
        foreach (var size in new[] { "1e11", "1e10" }) // more weights than can be trained, and more than the memory holds
        {
            Assert.Matches("weights to train: at most|too little memory: training a model of [0-9,]+ weights takes about [0-9,]+ MB, and [0-9,]+ MB are",
                Assert.Throws<ArgumentException>(() => Make(Tiny("sweep.plan=grid", "sweep.flops=null", "sweep.tokens=[2000]", $"sweep.sizes=[3000, {size}]"),
                    "short")).Message);
        }
        Assert.False(Directory.Exists(folder["short"]));
        Directory.CreateDirectory(folder["empty"]);
        Assert.ThrowsAny<Exception>(() => Make(Tiny($"train.data.path={folder["empty"]}"), "untrained"));
        Assert.False(Directory.Exists(folder["untrained"])); // the name is free again
    }
}
