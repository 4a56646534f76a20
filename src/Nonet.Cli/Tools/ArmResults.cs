using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Cli.Commands;
using Nonet.Evaluation.Runs;
using Nonet.Files;
using Nonet.ToolUse;
using Nonet.ToolUse.Evaluation;

namespace Nonet.Cli.Tools;

/// <summary>Writes the results of all arms: a table, arms.json, and one evaluation folder per arm.</summary>
sealed class ArmResults(Terminal terminal, string path)
{
    const string FileName = "arms.json";

    readonly List<Arm> arms = [];

    /// <summary>The folder of an arm.</summary>
    public string FolderOf(string arm) => Path.Combine(path, arm);

    public void Add(string name, (EvaluationFolder Run, List<TaskResult> Results) evaluation, ToolModel? model = null) =>
        arms.Add(new Arm(name, evaluation.Run, evaluation.Results, model));

    public void Write(bool asJson)
    {
        var json = new JsonObject { ["arms"] = new JsonArray([.. arms.Select(a => (JsonNode)ToJson(a))]) };
        AtomicFile.WriteText(Path.Combine(path, FileName), json.ToJsonString() + "\n");
        if (asJson)
        {
            terminal.Out.WriteLine(json.ToJsonString());
            return;
        }
        var table = new TextTable("task", "metric", "arm", "value", "stderr", "95 % interval", "items");
        var figures = from a in arms from r in a.Results from f in r.Figures select (Arm: a.Name, r.Task, f.Metric, f.Estimate);
        foreach (var (arm, task, metric, e) in figures.GroupBy(f => (f.Task, f.Metric)).SelectMany(g => g))
        {
            table.Add(task, metric, arm, EvalCommand.Number(e.Value), EvalCommand.Number(e.StandardError),
                $"{EvalCommand.Number(e.Interval.Low)} to {EvalCommand.Number(e.Interval.High)}", $"{e.Items}");
        }
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (0, 12));
        foreach (var arm in arms)
            Tell(arm);
        terminal.Error.WriteLine($"requests, answers and pages of each arm: {Path.GetFullPath(path)}");
    }

    void Tell(Arm arm)
    {
        foreach (var (name, counts) in arm.Model?.Counts ?? new Dictionary<string, ToolCounts>())
        {
            if (counts.Calls == 0)
                continue;
            var failed = counts.Failed + counts.TimedOut + counts.Refused;
            var last = counts.LastError is { } error ? $"; the last: {Printable.Line(error)}" : "";
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{arm.Name}, {name}: {Counted.Of(counts.Calls, "call")}, "
                + $"{counts.Answered:N0} answered, {counts.Nothing:N0} without a result, {failed:N0} failed{last}"));
        }
    }

    static JsonObject ToJson(Arm arm)
    {
        var json = new JsonObject { ["arm"] = arm.Name, ["model"] = arm.Run.Info.Model, ["folder"] = arm.Run.FullPath };
        foreach (var (name, value) in arm.Run.ToJson(arm.Results))
            json[name] = value?.DeepClone();
        if (arm.Model is { } model)
        {
            json["tools"] = new JsonObject(model.Counts.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)new JsonObject
            {
                ["calls"] = c.Value.Calls,
                ["answered"] = c.Value.Answered,
                ["nothing"] = c.Value.Nothing,
                ["failed"] = c.Value.Failed,
                ["timed_out"] = c.Value.TimedOut,
                ["refused"] = c.Value.Refused,
            })));
            json["attempts"] = new JsonObject
            {
                ["begun"] = model.Attempts.Begun,
                ["abandoned"] = model.Attempts.Abandoned,
                ["unclosed"] = model.Attempts.Unclosed,
                ["calls"] = model.Attempts.Calls,
            };
        }
        return json;
    }

    sealed record Arm(string Name, EvaluationFolder Run, List<TaskResult> Results, ToolModel? Model);
}
