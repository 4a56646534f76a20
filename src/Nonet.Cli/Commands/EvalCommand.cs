using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nonet.Cli.Tools;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Evaluation;
using Nonet.Tensors;
using Nonet.ToolUse.Evaluation;

namespace Nonet.Cli.Commands;

/// <summary>Evaluates a model on tasks.</summary>
sealed class EvalCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string?> model =
        new("MODEL")
        {
            Description = "A Hugging Face folder, a .gguf file, or a run folder (its best checkpoint, otherwise its last).",
            Arity = ArgumentArity.ZeroOrOne
        };
    readonly Option<string[]> tasks =
        new("--tasks")
        {
            Description = "Tasks by name or file, comma separated: gsm8k,gsm8k:cot,my-task.yaml. --list names them.",
            HelpName = "A,B",
            CustomParser = result => Names(result)
        };
    readonly Option<int[]> shots = Flags.Ids("--shots", "Exemplars before each item, comma separated; by default as each task says.", required: false);
    readonly Option<int?> limit = Flags.Whole("--limit", "Evaluate only this many items of each task, spread evenly over the task.", 1);
    readonly Option<ulong?> seed = Flags.Seed("Keys exemplars, sampled paths and the bootstrap; 1 by default.");
    readonly Option<string?> data = new("--data") { Description = "Folder with the tasks' files; data/ by default.", HelpName = "DIR" };
    readonly Option<string?> output =
        new("--out")
        {
            Description = "The folder of the results; evals/MODEL by default, or the first of evals/MODEL-2, -3, ... that is free.",
            HelpName = "DIR"
        };
    readonly Option<int?> paths =
        Flags.Whole("--paths", "Sample this many texts for each item, for self-consistency and pass@k; by default one greedy text.", 1, 10_000);
    readonly Option<double?> temperature = Flags.Number("--temperature", "Temperature of the sampled texts; 0.7 by default.", "a number above 0", x => x > 0);
    readonly Option<int?> topK = Flags.Whole("--top-k", "Sample only from the K most likely tokens.", 1);
    readonly Option<string> chat =
        new("--chat")
        {
            Description = "Write prompts with the model's chat template: off, text (one message) or turns (each exemplar is a turn).",
            DefaultValueFactory = _ => "off",
            HelpName = "MODE"
        };
    readonly Option<bool> skipLong = new("--skip-long") { Description = "Leave out items whose prompt does not fit the context, and count them." };
    readonly Option<bool> list = new("--list") { Description = "List the tasks, the places where their files are expected, and how to get them." };
    readonly Option<bool> dryRun = new("--dry-run") { Description = "Print the prompts instead of asking the model." };
    readonly Option<bool> ids = new("--ids") { Description = "With --dry-run: print the token ids too, the scored ones in brackets." };
    readonly Option<bool> noCache = new("--no-cache") { Description = "Compute again what an earlier run has computed." };
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly EndpointFlags endpoint = new();
    readonly ToolFlags toolFlags = new();
    readonly ArmFlags armFlags = new();
    readonly Option<bool> json = Flags.MakeJson();

    public EvalCommand(Terminal terminal) : base("eval", "Evaluate a model on tasks: few-shot, multiple choice, chain of thought, self-consistency.")
    {
        this.terminal = terminal;
        Add(model);
        foreach (var option in new Option[] { tasks, shots, limit, seed, data, output, paths, temperature, topK, chat, skipLong, list, dryRun, ids, noCache,
            adapter, json })
            Add(option);
        endpoint.AddTo(this);
        toolFlags.AddTo(this);
        armFlags.AddTo(this);
        chat.AcceptOnlyFromAmong("off", "text", "turns");
        Add(new EvalCompareCommand(terminal));
        Add(new EvalContaminationCommand(terminal));
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    /// <summary>The tasks that come with the program.</summary>
    internal static TaskLibrary Library => new(Path.Combine(ShippedFiles.Root, "tasks"));

    /// <summary>The data folder of a command.</summary>
    internal static string? DataFolder(string? given) => given is null ? Directory.Exists("data") ? "data" : null
        : Directory.Exists(given) ? given
        : throw new DirectoryNotFoundException($"--data {given}: found no such folder; expected the folder of the tasks' files");

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        var folder = DataFolder(parsed.GetValue(data));
        if (parsed.GetValue(list))
        {
            EvalList.Write(terminal, Library, folder, parsed.GetValue(json));
            return ExitCode.Done;
        }
        if (parsed.GetValue(tasks) is not { Length: > 0 } names)
            throw new UsageException("--tasks is missing: names such as gsm8k,mmlu (--list shows them), or the path of a .yaml file");
        if (parsed.GetValue(shots)?.Any(s => s < 0) == true)
            throw new UsageException("--shots holds a negative number: 0 or more exemplars are possible");
        var loaded = names.Select(name => Library.Open(name)).Select(t => LoadedTask.Read(t.Task, new TaskFolders(folder, t.Folder))).ToArray();
        if (loaded.Select(t => t.Task.Name).Distinct().Count() < loaded.Length)
            throw new UsageException("--tasks names a task twice: once is enough");
        var options = new EvaluationOptions
        {
            Limit = parsed.GetValue(limit),
            Seed = parsed.GetValue(seed) ?? 1,
            Paths = parsed.GetValue(paths),
            Temperature = parsed.GetValue(temperature) ?? 0.7,
            TopK = parsed.GetValue(topK),
            SkipLong = parsed.GetValue(skipLong),
            ToolsOff = armFlags.ToolsOff(parsed),
        };
        using var device = Flags.Device(parsed);
        using var asked = Open(parsed, device);
        if (parsed.GetValue(dryRun))
        {
            foreach (var (task, k) in Pairs(parsed, loaded))
            {
                foreach (var text in new Preparation(asked?.Model, task, k, options).Show(parsed.GetValue(ids)))
                    terminal.Text.WriteLine(text);
            }
            return ExitCode.Done;
        }
        if (asked is null)
            throw new UsageException("MODEL is missing; expected a model or --endpoint URL; only --dry-run and --list work without");
        var path = parsed.GetValue(output) ?? Recipes.Runs.RunFolder.Free(Path.Combine("evals", asked.Model.Name));
        armFlags.Check(parsed, toolFlags.AreGiven(parsed));
        if (toolFlags.AreGiven(parsed))
            return await EvaluateArms(parsed, asked.Model, device, path, loaded, options, stopping);
        var (run, results) = await Evaluate(parsed, asked.Model, path, CacheBeside(path), loaded, options, stopping);
        Write(parsed, run, results);
        return ExitCode.Done;
    }

    /// <summary>Evaluates the model with its tools for each k, and the models of --beside without tools. Each evaluation gets a folder.</summary>
    async Task<int> EvaluateArms(ParseResult parsed, ITextModel asked, Device device, string path, LoadedTask[] loaded, EvaluationOptions options,
        CancellationToken stopping)
    {
        if (asked is not LocalModel local)
            throw new UsageException("--tools needs a model that is computed here, since calls stand inside its texts; --endpoint has none");
        var cache = CacheBeside(path);
        await using var tools = await toolFlags.Open(parsed, device, stopping);
        var results = new ArmResults(terminal, path);
        foreach (var (name, beside) in armFlags.Beside(parsed))
        {
            using var other = OpenLocal(parsed, beside, device);
            results.Add(name, await Evaluate(parsed, other.Model, results.FolderOf(name), cache, loaded, options, stopping));
        }
        foreach (var (name, decoding) in armFlags.Read(parsed))
        {
            var model = new ToolModel(local, tools.Tools, decoding, toolFlags.Limits(parsed));
            results.Add(name, await Evaluate(parsed, model, results.FolderOf(name), cache, loaded, options, stopping), model);
        }
        results.Write(parsed.GetValue(json));
        return ExitCode.Done;
    }

    static string CacheBeside(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "cache");

    async Task<(EvaluationFolder Run, List<TaskResult> Results)> Evaluate(ParseResult parsed, ITextModel asked, string path, string cachePath,
        LoadedTask[] loaded, EvaluationOptions options, CancellationToken stopping)
    {
        var run = EvaluationFolder.Begin(path, new EvaluationInfo
        {
            Model = asked.Name,
            Digest = asked.Digest,
            Chat = parsed.GetValue(chat)!,
            StartToken = asked switch { LocalModel local => local.StartToken, ToolModel tools => tools.StartToken, _ => null },
            Seed = options.Seed,
            Limit = options.Limit,
            Paths = options.Paths,
            Temperature = options.Paths is null ? null : options.Temperature,
            TopK = options.Paths is null ? null : options.TopK,
            Command = string.Join(' ', parsed.Tokens.Select(t => Invocation.Quoted(t.Value)).Prepend("nonet")),
        });
        using var cache = new ResultCache(parsed.GetValue(noCache) ? null : cachePath, asked.Digest);
        var evaluator = new Evaluator(asked, options, cache);
        var results = new List<TaskResult>();
        using var progress = new EvalProgress(terminal);
        foreach (var (task, k) in Pairs(parsed, loaded))
        {
            var result = await evaluator.Run(task, k, progress, stopping);
            run.Add(result);
            results.Add(result);
            progress.Clear();
            foreach (var note in result.Notes)
                terminal.Error.WriteLine($"{result.Task}, {result.Shots} shots: {note}");
        }
        run.Finish(results);
        EvaluationReport.Write(run, results);
        if (cache.Found > 0)
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cache.Found:N0} results were there from an earlier run"));
        return (run, results);
    }

    void Write(ParseResult parsed, EvaluationFolder run, List<TaskResult> results)
    {
        if (parsed.GetValue(json))
        {
            terminal.Out.WriteLine(run.ToJson(results).ToJsonString());
            return;
        }
        var table = new TextTable("task", "shots", "metric", "value", "stderr", "95 % interval", "items");
        foreach (var (result, figure) in from r in results from f in r.Figures select (r, f))
        {
            var e = figure.Estimate;
            table.Add(result.Task, $"{result.Shots}", figure.Metric, Number(e.Value), Number(e.StandardError),
                $"{Number(e.Interval.Low)} to {Number(e.Interval.High)}", $"{e.Items}");
        }
        table.Write(terminal.Out, terminal.OutIsScreen ? terminal.Width() : null, (0, 12));
        terminal.Error.WriteLine($"requests, answers and a page: {run.FullPath}");
    }

    IEnumerable<(LoadedTask Task, int Shots)> Pairs(ParseResult parsed, LoadedTask[] loaded) =>
        from task in loaded from k in parsed.GetValue(shots) is { Length: > 0 } given ? given.Distinct() : [task.Task.Shots] select (task, k);

    /// <summary>Opens the model or the endpoint; null if neither is given.</summary>
    OpenedModel? Open(ParseResult parsed, Device device)
    {
        var mode = Enum.Parse<ChatMode>(parsed.GetValue(chat)!, ignoreCase: true);
        if (endpoint.Open(parsed, mode) is { } remote)
        {
            return parsed.GetValue(model) is null ? new OpenedModel(remote.Model, remote.Owned, null)
                : throw new UsageException("MODEL and --endpoint are both given; expected one of the two");
        }
        return parsed.GetValue(model) is { } path ? OpenLocal(parsed, path, device, parsed.GetValue(adapter)) : null;
    }

    OpenedModel OpenLocal(ParseResult parsed, string path, Device device, string? loraFolder = null)
    {
        var mode = Enum.Parse<ChatMode>(parsed.GetValue(chat)!, ignoreCase: true);
        var open = terminal.Open(path, device, loraFolder);
        try
        {
            var local = new LocalModel(open, Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), mode);
            return new OpenedModel(local, local, open);
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    static string[] Names(ArgumentResult result) =>
        [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    internal static string Number(double x) => x.ToString(Math.Abs(x) >= 100 ? "0.0" : "0.0000", CultureInfo.InvariantCulture);

    /// <summary>A model with the objects that it needs, which are disposed of with it.</summary>
    sealed record OpenedModel(ITextModel Model, IDisposable Owned, IDisposable? File) : IDisposable
    {
        public void Dispose()
        {
            Owned.Dispose();
            File?.Dispose();
        }
    }
}
