using System.Text.Json.Nodes;
using System.Xml.Linq;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly JsonObject options = new() { ["steps"] = 100, ["adamw"] = new JsonObject { ["beta2"] = 0.95 } };

    public void Dispose() => folder.Dispose();

    RunFolder Open(bool resume = false, JsonObject? with = null) =>
        RunFolder.Open(new RunOptions { Out = folder["run"], Resume = resume }, with ?? options, "LLaMA <tiny>", 1234);

    static StepDone Step(int step, double loss = 2) =>
        new(step, 100, loss, 0.001, 1.5, step * 64, TimeSpan.FromSeconds(step), 64, TimeSpan.FromSeconds(100 - step));

    string Page => File.ReadAllText(folder["run/index.html"]);

    [Fact]
    public void A_folder_with_a_run_takes_no_second_one()
    {
        using (var run = Open())
            run.Record(Step(1));
        Assert.Contains("exists already", Assert.Throws<RunFolderException>(() => Open()).Message, StringComparison.Ordinal);
        folder.Add("file", "");
        Assert.Contains("exists already", Assert.Throws<RunFolderException>(() => RunFolder.RefuseTaken(folder["file"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_a_run_left_before_its_first_step_is_taken_over_and_other_files_stay()
    {
        Directory.CreateDirectory(folder["run"]);
        folder.Add("run/notes.txt", "mine");
        using (var run = Open())
        {
            run.Begin(0, 100);
            run.End(RunState.Failed, 0, "no reward");
        }
        Assert.Contains("no reward", File.ReadAllText(folder["run/state.json"]), StringComparison.Ordinal);
        RunFolder.RefuseTaken(folder["run"]); // it is not taken
        Assert.Equal(folder["run"], RunFolder.Free(folder["run"]));
        Open(with: new JsonObject { ["steps"] = 7 }).Dispose(); // with other options
        Assert.Equal("mine", File.ReadAllText(folder["run/notes.txt"]));
        Assert.Contains("\"steps\": 7", File.ReadAllText(folder["run/run.json"]), StringComparison.Ordinal);
        Directory.CreateDirectory(folder["run/checkpoints/step-0"]);
        Assert.Contains("exists already", Assert.Throws<RunFolderException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_which_a_run_was_killed_while_it_prepared_its_data_is_free_and_a_recipe_of_the_users_is_not()
    {
        Directory.CreateDirectory(folder["run"]);
        folder.Add("run/recipe.yaml", "model: {}");
        folder.Add("run/notes.txt", "mine");
        foreach (var foreign in (string?[])[null, "{\"state\": \"preparing\"}", "[]"])
        {
            if (foreign is not null)
                folder.Add("run/state.json", foreign);
            Assert.Contains("exists already", Assert.Throws<RunFolderException>(() => RunFolder.RefuseTaken(folder["run"])).Message, StringComparison.Ordinal);
            Assert.Equal(folder["run"] + "-2", RunFolder.Free(folder["run"]));
        }
        Assert.Equal("model: {}", File.ReadAllText(folder["run/recipe.yaml"]));

        new RunStatus(RunState.Preparing, 0, 0, null).Write(folder["run"]);
        Assert.Equal(folder["run"], RunFolder.Free(folder["run"]));
        using (RunLock.Take(folder["run"]))
        {
            Assert.Equal(folder["run"] + "-2", RunFolder.Free(folder["run"])); // it is still being prepared
            Assert.Equal(RunState.Preparing, Assert.Single(RunSummary.List(folder.Path)).Status.State);
        }
        var killed = Assert.Single(RunSummary.List(folder.Path));
        Assert.Equal((true, RunState.Killed), (killed.IsUnprepared, killed.Status.State));
        Assert.Contains("the same command starts it again", killed.Status.Message, StringComparison.Ordinal);
        Open().Dispose();
        Assert.Equal("mine", File.ReadAllText(folder["run/notes.txt"]));
        Assert.False(Assert.Single(RunSummary.List(folder.Path)).IsUnprepared);
    }

    [Theory, InlineData("state.json"), InlineData("source.yaml"), InlineData("metrics.jsonl"), InlineData("index.html")]
    public void A_file_of_the_users_that_a_run_would_overwrite_is_refused_by_name(string name)
    {
        Directory.CreateDirectory(folder["run"]);
        folder.Add($"run/{name}", "mine");
        Assert.StartsWith($"{folder[$"run/{name}"]}: a run would overwrite this file",
            Assert.Throws<RunFolderException>(() => RunFolder.RefuseOverwriting(folder["run"])).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder[$"run/{name}"]));
    }

    [Fact]
    public void A_folder_in_use_is_refused_by_name_and_free_again_afterwards()
    {
        using (Open())
        {
            var error = Assert.Throws<RunFolderException>(() => Open(resume: true));
            Assert.StartsWith($"{folder["run"]}: another process is training in this folder", error.Message, StringComparison.Ordinal);
            Assert.True(RunLock.IsHeld(folder["run"]));
        }
        Assert.False(RunLock.IsHeld(folder["run"]));
        Open(resume: true).Dispose();
    }

    [Fact]
    public void Resuming_lists_every_option_that_differs()
    {
        Open().Dispose();
        var error = Assert.Throws<RunFolderException>(() =>
            Open(resume: true, with: new JsonObject { ["steps"] = 200, ["adamw"] = new JsonObject { ["beta2"] = 0.99 } }));
        Assert.Contains("adamw.beta2: 0.95 in the run, 0.99 now;\n  steps: 100 in the run, 200 now", error.Message, StringComparison.Ordinal);
        Open(resume: true).Dispose(); // and lets go of the lock
    }

    [Fact]
    public void Resuming_nothing_is_refused() =>
        Assert.Contains("there is no run to resume", Assert.Throws<RunFolderException>(() => Open(resume: true)).Message, StringComparison.Ordinal);

    [Fact]
    public void Going_back_drops_what_came_after_and_lines_cut_short()
    {
        using (var run = Open())
        {
            run.Begin(0, 100);
            run.Record(new Sampled(0, "a", "b"));
            for (var step = 1; step <= 4; step++)
                run.Record(Step(step));
            run.Record(new Evaluated(4, 1.5, 2.1, true));
            run.Record(new RolledBack(4, 6, "why"));
        }
        File.AppendAllText(folder["run/metrics.jsonl"], "{\"step\":5,\"lo");
        using (var run = Open(resume: true))
        {
            run.Begin(3, 100);
            Assert.Equal(3, run.TrainedBefore.TotalSeconds);
            run.Record(Step(4, 9));
        }
        var history = RunFolder.HistoryOf(folder["run"]);
        Assert.Equal([1, 2, 3, 4], history.Steps.Select(s => s.Step));
        Assert.Equal(9, history.Steps[^1].Loss);
        Assert.Empty(history.Evaluations);
        Assert.Empty(history.Rollbacks);
        Assert.Single(history.Samples);
    }

    [Fact]
    public void A_rollback_stays_when_the_run_resumes_after_it()
    {
        using (var run = Open())
        {
            run.Begin(0, 100);
            run.Record(new RolledBack(4, 6, "why"));
            run.Record(Step(5));
        }
        using (var run = Open(resume: true))
            run.Begin(5, 100);
        Assert.Equal([new RolledBack(4, 6, "why")], RunFolder.HistoryOf(folder["run"]).Rollbacks);
    }

    [Fact]
    public void The_page_refreshes_itself_until_the_run_ends_and_needs_no_network()
    {
        using (var run = Open())
        {
            run.Begin(0, 100);
            Assert.Contains("<meta http-equiv=\"refresh\"", Page, StringComparison.Ordinal);
            Assert.Contains("LLaMA &lt;tiny&gt;", Page, StringComparison.Ordinal);
            run.Record(new Sampled(0, "<b>", "<script>alert(1)</script>"));
            run.Record(Step(1));
            run.Record(Step(2));
            run.Record(new Evaluated(2, 1.5, 2.164, true));
            run.End(RunState.Interrupted, 2);
        }
        Assert.DoesNotContain("http-equiv", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", Page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)", Page, StringComparison.Ordinal);
        Assert.Contains("1.5000 nats per token, 2.164 bits per byte, at step 2", Page, StringComparison.Ordinal);
        Assert.Equal(4, Page.Split("<svg ").Length - 1);
        Assert.DoesNotMatch("(src|href)=\"(?!#)", Page.Replace("xlink:href", "", StringComparison.Ordinal));
        Assert.Equal(["gradient-norm.svg", "learning-rate.svg", "loss.svg", "tokens-per-second.svg"],
            Directory.GetFiles(folder["run/plots"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFiles(folder["run"], "*.tmp"));
    }

    [Fact]
    public void Plots_are_well_formed_and_their_names_do_not_meet()
    {
        using (var run = Open())
        {
            run.Begin(0, 100);
            run.Record(Step(1));
            run.End(RunState.Finished, 1);
        }
        var ids = Directory.GetFiles(folder["run/plots"]).SelectMany(file => XDocument.Load(file).Descendants().Attributes("id").Select(id => id.Value))
            .ToArray();
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void A_state_is_killed_where_no_process_holds_the_lock()
    {
        using (var run = Open())
        {
            run.Begin(7, 100);
            Assert.Equal(RunState.Running, RunStatus.Read(folder["run"])!.State);
        }
        Assert.Equal(new RunStatus(RunState.Killed, 7, 100, null), RunStatus.Read(folder["run"]));
        using (var run = Open(resume: true))
        {
            run.Begin(7, 100);
            run.End(RunState.Diverged, 9, "NaN");
        }
        Assert.Equal(new RunStatus(RunState.Diverged, 9, 100, "NaN"), RunStatus.Read(folder["run"]));
        File.WriteAllText(folder["run/state.json"], "{");
        Assert.StartsWith(folder["run/state.json"], Assert.Throws<RunFolderException>(() => RunStatus.Read(folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Curves_of_many_points_are_means_of_neighbours()
    {
        var curve = Curve.Of("", [.. Enumerable.Range(1, 601).Select(i => Step(i, i))], s => s.Loss); // 3 each
        Assert.Equal(201, curve.Points.Count);
        Assert.Equal((2.0, 2.0), (Math.Round(curve.Points[0].X, 9), Math.Round(curve.Points[0].Y, 9)));
        Assert.Equal((601.0, 601.0), curve.Points[^1]);
    }
}
