using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Runs;

public class RunComparisonTests
{
    [Fact]
    public void Runs_are_listed_and_set_beside_each_other()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        Texts.Train(Texts.Tiny(folder["texts"], "training.steps=3"), folder["runs/a"]);
        Texts.Train(Texts.Tiny(folder["texts"], "training.steps=3", "training.adamw.beta2=0.9"), folder["runs/sweep/b"]);
        Directory.CreateDirectory(folder["runs/no-run"]);

        var runs = RunSummary.List(folder["runs"]);
        Assert.Equal(["a", "b"], runs.Select(r => r.Name).Order());
        Assert.All(runs, run => Assert.Equal((RunState.Finished, 3, 96L), (run.Status.State, run.Status.Step, run.Last!.Tokens)));
        Assert.Equal("a", Assert.Single(RunSummary.List(folder["runs/a"])).Name);

        var comparison = RunComparison.Of([folder["runs/a"], folder["runs/sweep/b"]]);
        var difference = Assert.Single(comparison.Differences);
        Assert.Equal("adamw.beta2", difference.Option);
        Assert.Equal(["0.95", "0.9"], difference.Values);
        comparison.WritePage(folder["compare.html"]);
        var page = File.ReadAllText(folder["compare.html"]);
        Assert.Equal(5, page.Split("<svg ").Length - 1);
        Assert.Contains("<td>0.95</td><td>0.9</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_with_other_tokenizers_are_compared_in_bits_per_byte()
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        Texts.Train(Texts.Tiny(folder["texts"], "training.steps=3"), folder["bytes"]);
        Texts.Train(Texts.Tiny(folder["texts"], "training.steps=3", "tokenizer.vocab=300"), folder["bpe"]);
        var comparison = RunComparison.Of([folder["bytes"], folder["bpe"]]);
        Assert.False(comparison.HasSameLoss);
        Assert.Contains(comparison.Differences, d => d.Option == "text.tokenizer");
        Assert.All(comparison.Results.Single(r => r.Name == "best bits per byte").Values, value => Assert.Matches(@"^\d\.\d{3}$", value));
        comparison.WritePage(folder["compare.html"]);
        var page = File.ReadAllText(folder["compare.html"]);
        Assert.Contains("Held-out loss, bits per byte", page, StringComparison.Ordinal);
        Assert.DoesNotContain("nats per token", page, StringComparison.Ordinal);
        Assert.True(RunComparison.Of([folder["bytes"], folder["bytes"]]).HasSameLoss);
    }

    [Fact]
    public void A_damaged_run_is_named_and_the_others_are_listed()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a", "b", "c", "d" })
            RunFolder.Open(new RunOptions { Out = folder[$"runs/{name}"] }, new() { ["steps"] = 9 }, "model", 1).Dispose();
        File.WriteAllText(folder["runs/a/state.json"], "{\"state\": 7}");
        File.WriteAllText(folder["runs/b/metrics.jsonl"],
            "{\"step\": 1, \"loss\": 2}\n{\"step\": \"x\", \"loss\": []}\n{\"step\": 3, \"loss\": 1}\n{\"step\": 4, \"lo");
        File.WriteAllText(folder["runs/c/run.json"], "{");

        List<string> damaged = [];
        var runs = RunSummary.List(folder["runs"], damaged);

        Assert.Equal(["a", "b", "d"], runs.Select(r => r.Name));
        Assert.Equal((RunState.Damaged, 9), (runs[0].Status.State, runs[0].Status.Steps));
        Assert.Equal((3, 1), (runs[1].Last!.Step, runs[1].Last!.Loss));
        Assert.Equal(new RunStatus(RunState.Killed, 0, 9, null), runs[2].Status);
        Assert.Equal(3, damaged.Count);
        Assert.StartsWith(folder["runs/a/state.json"], Assert.Single(damaged, d => d.Contains("state.json", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Equal($"{folder["runs/b/metrics.jsonl"]}: line 2 is not an event of a run and is skipped",
            Assert.Single(damaged, d => d.Contains("metrics", StringComparison.Ordinal)));
        Assert.Single(damaged, d => d.StartsWith(folder["runs/c/run.json"], StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_is_no_run_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.StartsWith(folder.Path, Assert.Throws<RunFolderException>(() => RunComparison.Of([folder.Path, folder.Path])).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => RunSummary.List(folder["none"]));
        folder.Add("run.json", "[1]");
        Assert.Contains("found no object 'options'", Assert.Throws<RunFolderException>(() => RunSummary.Read(folder.Path)).Message, StringComparison.Ordinal);
    }
}
