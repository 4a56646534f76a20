using System.Text.Json;

namespace Nonet.Cli.Tests;

/// <summary>data mixture and data show on a mixture.</summary>
public sealed class MixtureTests : IDisposable
{
    readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    string Write(string yaml)
    {
        File.WriteAllText(run["mix.yaml"], yaml);
        return run["mix.yaml"];
    }

    const string Yaml = """
        held_out: [picking]
        held_out_rows: 2
        submixtures:
          - {name: a, weight: 3, sources: [{kind: symbols, tasks: [first, reverse, copy], examples: 40}]}
          - {name: b, cap: 10, sources: [{kind: symbols, tasks: [largest], examples: 40}]}
        """;

    [Fact]
    public async Task The_plan_shows_shares_clusters_and_leaks()
    {
        var outcome = await Program.Run("data", "mixture", Write(Yaml), "--examples", "1000", "--show", "2");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Matches(@"b +comparison +largest +38 +0 +10 +25\.00 +2[45]\.\d\d", outcome.Out);
        Assert.Matches(@"a +reversal +reverse +38 +0 +38 +37\.50", outcome.Out);
        Assert.Contains("held out: picking (1 tasks)\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("=== example 1: ", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_the_manifest_and_settings_can_be_changed()
    {
        var outcome = await Program.Run("data", "mixture", Write(Yaml), "--set", "tasks=1", "--set", "held_out=[]", "--json");
        Assert.Single(outcome.Json.GetProperty("shares").EnumerateArray());
        Assert.Equal(10_000, outcome.Json.GetProperty("examples").GetInt32());
    }

    [Fact]
    public async Task Written_tasks_are_evaluated()
    {
        var written = await Program.Run("data", "mixture", Write(Yaml), "--write-tasks", run["tasks"], "--limit", "2");
        Assert.Contains(run["tasks/held-out.yaml"], written.Error, StringComparison.Ordinal);
        var outcome = await Program.Run("eval", "--tasks", run["tasks/held-out.yaml"], "--shots", "0,1", "--dry-run");
        Assert.Equal(4, outcome.Out.Split("=== mix-held-out, ").Length - 1);
        Assert.Matches(@"0 shots, held-out\.jsonl, line 1\n[^\n]*(first letter|beginning)[^\n]*\n\nQ: [a-v ]+\nA:⟧\n--- right: [a-v]\n", outcome.Out);
        Assert.Matches(@"1 shots, held-out\.jsonl, line 1\n[^\n]*\n\nQ: [a-v ]+\nA: [a-v]\n\nQ: [a-v ]+\nA:⟧", outcome.Out);
    }

    [Fact]
    public async Task Show_marks_the_supervised_tokens_of_a_mixture()
    {
        var outcome = await Program.Run("data", "show", run.Folder, Write(Yaml), "--limit", "3", "--json");
        var lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(3, lines.Length);
        Assert.All(lines, l => Assert.Equal(1, l.GetProperty("supervised").EnumerateArray().Last().GetInt32()));
        Assert.All(lines, l => Assert.Equal(0, l.GetProperty("supervised").EnumerateArray().First().GetInt32()));
    }

    [Theory]
    [InlineData("submixtures: [{name: a, weight: 0, sources: [{kind: symbols}]}]", "weights that sum to nothing")]
    [InlineData("submixtures: [{name: a, sources: [{kind: natural_instructions, path: none/*.json}]}]", "none/*.json: found no such file; looked for ")]
    [InlineData("held_out: [nothing]\nsubmixtures: [{name: a, sources: [{kind: symbols}]}]",
        "held_out names the cluster nothing, which no task has; expected one of arithmetic")]
    [InlineData("submixtures: 3", "submixtures: found '3'; expected a list of sub-mixtures")]
    public async Task Bad_mixtures_are_one_line_and_fail(string yaml, string expected)
    {
        var outcome = await Program.Run("data", "mixture", Write(yaml));
        outcome.AssertRefused(1, expected);
        var tuned = await Program.Run("tune", run.Folder, Write(yaml));
        Assert.Contains("found a mixture of tasks, which has no end", tuned.Error, StringComparison.Ordinal);
    }
}
