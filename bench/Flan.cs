// Instruction tuning (docs/papers/flan.md). Without --base, the miniature: a model of half a million weights is pre-trained on plain statements about a few
// letters and digits ("the reverse of k d f is f d k ."), then tuned on instructions of up to 24 tasks (recipes/mixtures/symbols.yaml) and asked for tasks of
// two clusters that it was never tuned on. Arms: all tasks; fewer tasks at equal steps and tokens; instructions shuffled among tasks; zero-shot or few-shot
// prompts alone; with reasoning. Each arm keeps its figures, so an interrupted program goes on where it was.
//
//   dotnet run -c Release bench/Flan.cs -- [--seeds 1,2,3] [--threads 2] [--steps 300] [--out runs/flan] [--arms all,tasks-1,...]
//   dotnet run -c Release bench/Flan.cs -- --mixture recipes/mixtures/natural-instructions.yaml --data DATA --base MODEL --counts 1,4,16,48 --metric rouge_l
//   --arms all,tasks-1,tasks-4,tasks-16
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data.Generated;
using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;
using Nonet.Evaluation.Metrics;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Recipes;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Instructions;
using Nonet.Recipes.Mixtures;
using Nonet.Tensors.Cpu;
using Nonet.Text.Bpe;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int Number(string name, int otherwise) => int.Parse(Option(name, $"{otherwise}"));
var (threads, steps, pretraining, statements, tokensPerStep) =
    (Number("--threads", 2), Number("--steps", 300), Number("--pretraining", 1200), Number("--statements", 200_000), Number("--tokens", 2000));
var (rate, metric, limit, shots) =
    (double.Parse(Option("--rate", "1e-3")), Option("--metric", "exact_match"), Number("--limit", 40),
    Option("--shots", "0,2").Split(',').Select(int.Parse).ToArray());
var counts = Option("--counts", "1,4,8,16,20").Split(',').Select(int.Parse).ToArray();
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-flan"));
var (file, data) = (Path.GetFullPath(Option("--mixture", "recipes/mixtures/symbols.yaml")), Option("--data", "data"));
var library = new TaskLibrary(Path.GetFullPath("tasks"));
(string Name, string[] Set)[] arms =
[
    ("all", []), .. counts.Select(n => ($"tasks-{n}", new[] { $"tasks={n}" })), ("shuffled", ["shuffle_instructions=true"]),
    ("zero-shot", ["submixtures.0.few_shot=0"]), ("few-shot", ["submixtures.0.few_shot=1"]),
    ("reasoning", ["submixtures.0.chain_of_thought=0.5"]),
];
var measured = Option("--splits", "held-out,seen,phrasings,seen-reasoning,held-out-reasoning").Split(',');
var wanted = Option("--arms", string.Join(',', arms.Select(a => a.Name))).Split(',');
ulong[] seeds = [.. Option("--seeds", "1,2,3").Split(',').Select(ulong.Parse)];

foreach (var seed in seeds)
{
    var own = Path.Combine(folder, $"seed-{seed}");
    Directory.CreateDirectory(own);
    var from = Option("--base", Path.Combine(own, "base"));
    if (!Directory.Exists(from))
    {
        File.WriteAllLines(Path.Combine(own, "corpus.txt"), SymbolTasks.Corpus(seed, statements));
        Print($"base: {LineReport.Line(TrainRecipe.Run(Pretraining(seed, own), device, from, threads: threads).HeldOut!)}");
    }
    using var counting = new LoadedModel(from, device);
    var tokenizer = counting.LoadTokenizer();
    int Tokens(string text) => tokenizer.EncodePlain(text).Length;
    var whole = MixtureFile.Open(MixtureFile.Load(file, $"seed={seed}"), library, data, tokens: Tokens);
    var written = MixtureTasks.Write(whole, Path.Combine(own, "tasks"), limit).Where(t => measured.Contains(Path.GetFileNameWithoutExtension(t)));
    LoadedTask[] tasks = [.. written.Select(t => LoadedTask.Read(library.Open(t).Task, new TaskFolders(null, Path.Combine(own, "tasks"))))];
    await Measure(own, "base", from, tasks);
    foreach (var (name, set) in arms.Where(a => wanted.Contains(a.Name)))
    {
        var run = Path.Combine(own, name);
        if (File.Exists(Path.Combine(own, $"{name}.json")))
            continue;
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        Tune(seed, from, run, MixtureFile.Open(MixtureFile.Load(file, [$"seed={seed}", .. set]), library, data, tokens: Tokens));
        await Measure(own, name, run, tasks);
    }
}
Report();

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

void Print(string line) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");

Recipe Pretraining(ulong seed, string own) => new()
{
    Name = "base",
    Model = new LlamaOptions { Layers = 4, Width = 96, Heads = 4, Context = 128 },
    Data = new RecipeData { Path = Path.Combine(own, "corpus.txt"), Documents = Nonet.Data.DocumentCut.File, Validation = 0.13 },
    Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = 512 } },
    Training = new PretrainOptions
    {
        Steps = pretraining,
        Batch = 24,
        LearningRate = 4e-3,
        Warmup = 60,
        Floor = 0.05,
        Muon = new(),
        AdamW = new() { Beta2 = 0.98, WeightDecay = 0.05 },
        Seed = seed,
        EvaluateEvery = pretraining,
        SaveEvery = pretraining,
    },
};

void Tune(ulong seed, string from, string run, InstructionMixture mixture)
{
    var model = Sft.OpenBase(from);
    var format = new InstructionFormat(model, null);
    // equal steps and equal tokens: as many examples in an update as have the tokens
    var mean = Enumerable.Range(0, 1000).Average(i => format.Encoder.Encode(mixture[i]).Count);
    var batch = (int)Math.Round(tokensPerStep / mean);
    var heldOut = new InstructionList([.. MixtureItems.Examples(mixture, MixtureSplit.SeenTasks, 4)]);
    var tuning = new SftOptions
    {
        Batch = batch,
        PassTokens = 2000,
        Updates = steps,
        LearningRate = rate,
        WarmupShare = 0.05,
        Floor = 0.05,
        AdamW = new() { Beta2 = 0.98, WeightDecay = 0.05 },
        Muon = args.Contains("--muon") ? new() : null,
        Seed = seed,
        EvaluateEvery = steps,
        SaveEvery = steps,
    };
    var result = Sft.Run(tuning, from, model, format, mixture, heldOut, device, new RunOptions { Out = run, Keep = 1, Threads = threads });
    File.WriteAllText(Path.Combine(run, MixtureManifest.FileName), MixtureManifest.Json(mixture, (long)steps * batch));
    Print($"{Path.GetFileName(run)}: {batch} examples of {mean:0.0} tokens an update; {LineReport.Line(result.HeldOut!)}");
}

async Task Measure(string own, string name, string run, LoadedTask[] tasks)
{
    var figures = Path.Combine(own, $"{name}.json");
    if (File.Exists(figures))
        return;
    using var open = new LoadedModel(run, device);
    using var model = new LocalModel(open, name);
    using var cache = new ResultCache(null, model.Digest);
    var json = new JsonObject();
    foreach (var task in tasks)
    {
        foreach (var k in task.Task.Name.EndsWith("reasoning", StringComparison.Ordinal) ? [0] : shots) // exemplars with reasoning are longer than the context
        {
            var result = await new Evaluator(model, new EvaluationOptions { SkipLong = true }, cache).Run(task, k);
            var split = Path.GetFileNameWithoutExtension(task.Task.Source.Test);
            json[$"{split}@{k}"] = new JsonArray([.. result.Items.Select(i => (JsonNode)i.Scores[metric])]);
            var byTask = result.Items.GroupBy(i => task.Items[i.Item].Fields["task"]!.GetValue<string>())
                .Select(g => $"{g.Key} {100 * g.Average(i => i.Scores[metric]):0.0}");
            Print($"{name}, {split}, {k} shots: {100 * result.Items.Average(i => i.Scores[metric]):0.0} of {result.Items.Count}; {string.Join(", ", byTask)}");
            Console.WriteLine($"      {result.Items[0].Prompt.ReplaceLineEndings("|")} -> '{result.Items[0].Paths[0].Text.ReplaceLineEndings("|")}' "
                + $"({result.Items[0].Gold})");
        }
    }
    File.WriteAllText(figures, json.ToJsonString());
}

void Report()
{
    double[] Items(ulong seed, string arm, string split) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder, $"seed-{seed}", $"{arm}.json")))![split] is JsonArray list
        ? [.. list.Select(x => x!.GetValue<double>())] : [];
    string[] done = [.. arms.Select(a => a.Name).Prepend("base").Where(a => seeds.All(s => File.Exists(Path.Combine(folder, $"seed-{s}", $"{a}.json"))))];
    string[] splits = [.. ((JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, $"seed-{seeds[0]}", "base.json")))!).Select(p => p.Key)];
    Console.WriteLine($"| {metric} in % | {string.Join(" | ", splits)} |");
    Console.WriteLine($"|---|{string.Concat(splits.Select(_ => "---|"))}");
    foreach (var arm in done)
        Console.WriteLine($"| {arm} | "
            + $"{string.Join(" | ", splits.Select(split => string.Join(", ", seeds.Select(s => $"{100 * Items(s, arm, split).Average():0.0}"))))} |");
    var curve = new List<(string, IReadOnlyList<(int, Estimate)>)>();
    foreach (var seed in seeds)
    {
        if (!done.Contains("all"))
            continue;
        var (before, after) = (Items(seed, "base", "held-out@0"), Items(seed, "all", "held-out@0"));
        if (before.Length == after.Length)
        {
            var test = PairedTest.Of(before, after);
            Console.WriteLine($"seed {seed}: held-out clusters, all against base {100 * test.Difference:+0.0;-0.0} points, standard error "
                + $"{100 * test.StandardError:0.0}, p = {test.PValue:0.0e0}");
        }
        (int Tasks, Estimate Score)[] points =
            [.. counts.Where(n => done.Contains($"tasks-{n}")).Select(n => (n, Estimate.Of(Items(seed, $"tasks-{n}", "held-out@0"))))];
        if (points.Length > 2)
            Console.WriteLine($"seed {seed}: Spearman of the task-count curve "
                + $"{Correlation.Spearman([.. points.Select(p => (double)p.Tasks)], [.. points.Select(p => p.Score.Value)]):0.00}");
        curve.Add(($"seed {seed}", [(0, Estimate.Of(before)), .. points]));
    }
    File.WriteAllText(Path.Combine(folder, "flan.svg"), TaskCurve.Svg(metric, curve));
}
