// The miniature of instruction tuning (docs/papers/flan.md): a model of half a million weights is pre-trained on plain statements about a few letters and
// digits ("the reverse of k d f is f d k ."), then tuned on instructions of up to 24 tasks (recipes/mixtures/symbols.yaml) and asked for tasks of two clusters
// that it was never tuned on. Arms: all tasks; 1 to 20 tasks at equal steps and tokens; instructions shuffled among tasks; zero-shot or few-shot prompts
// alone; no reasoning. Each arm is kept in its folder, so an interrupted program goes on where it was.
//
//   dotnet run -c Release bench/Flan.cs -- [--seeds 1,2,3] [--threads 2] [--steps 400] [--out runs/flan-miniature] [--arms all,tasks-1,...]
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
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Text.Bpe;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (threads, steps, pretraining, statements, tokensPerStep) =
    (int.Parse(Option("--threads", "2")), int.Parse(Option("--steps", "400")), int.Parse(Option("--pretraining", "1200")),
    int.Parse(Option("--statements", "200000")), 2000);
var rate = double.Parse(Option("--rate", "1e-3"));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-flan-miniature"));
var file = Path.Combine(Directory.GetCurrentDirectory(), Option("--mixture", "recipes/mixtures/symbols.yaml"));
var library = new TaskLibrary(Path.Combine(Directory.GetCurrentDirectory(), "tasks"));
(string Name, string[] Set)[] arms =
[
    ("all", []), .. new[] { 1, 4, 8, 16, 20 }.Select(n => ($"tasks-{n}", new[] { $"tasks={n}" })), ("shuffled", ["shuffle_instructions=true"]),
    ("zero-shot", ["submixtures.0.few_shot=0"]), ("few-shot", ["submixtures.0.few_shot=1"]), ("no-reasoning", ["submixtures.0.chain_of_thought=0"]),
];
var wanted = Option("--arms", string.Join(',', arms.Select(a => a.Name))).Split(',');

foreach (var seed in Option("--seeds", "1,2,3").Split(',').Select(ulong.Parse))
{
    var own = Path.Combine(folder, $"seed-{seed}");
    Directory.CreateDirectory(own);
    var @base = Option("--base", Path.Combine(own, "base"));
    if (!File.Exists(Path.Combine(own, "corpus.txt")))
        File.WriteAllLines(Path.Combine(own, "corpus.txt"), SymbolTasks.Corpus(seed, statements));
    if (!Directory.Exists(@base))
        Print($"base: {LineReport.Line(TrainRecipe.Run(Pretraining(seed, own), device, @base, threads: threads).HeldOut!)}");
    await Measure(own, "base", @base, MixtureFile.Load(file, $"seed={seed}"));
    foreach (var (name, set) in arms.Where(a => wanted.Contains(a.Name)))
    {
        var run = Path.Combine(own, name);
        if (File.Exists(Path.Combine(run, "figures.json")))
            continue;
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        Tune(seed, @base, run, MixtureFile.Load(file, [$"seed={seed}", .. set]));
        await Measure(own, name, run,
            MixtureFile.Load(file,
            [$"seed={seed}", .. set.Where(s => s.StartsWith("shuffle", StringComparison.Ordinal) ? false : !s.StartsWith("tasks", StringComparison.Ordinal))]));
    }
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

void Print(string line) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");

Recipe Pretraining(ulong seed, string own) => new()
{
    Name = "base",
    Model = new LlamaOptions { Layers = 4, Width = 96, Heads = 4, Context = 128, Tied = true },
    Data = new RecipeData { Path = Path.Combine(own, "corpus.txt"), Documents = Nonet.Data.DocumentCut.File, Validation = 0.13 },
    Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = 512 } },
    Training = new PretrainOptions
    {
        Steps = pretraining, Batch = 24, LearningRate = 4e-3, Warmup = 60, Floor = 0.05, Muon = new(), AdamW = new() { Beta2 = 0.98, WeightDecay = 0.05 },
        Seed = seed, EvaluateEvery = pretraining, SaveEvery = pretraining,
    },
};

void Tune(ulong seed, string from, string run, MixtureOptions options)
{
    var model = Sft.OpenBase(from);
    var format = new InstructionFormat(model, null);
    var mixture = MixtureFile.Open(options, library, tokens: text => format.Tokenizer.EncodePlain(text).Length);
    // equal steps and equal tokens: as many examples in an update as have the tokens
    var mean = Enumerable.Range(0, 2000).Average(i => format.Encoder.Encode(mixture[i]).Count);
    var batch = (int)Math.Round(tokensPerStep / mean);
    var heldOut = new InstructionList([.. Enumerable.Range(1_000_000, 100).Select(i => mixture[i])]);
    var tuning = new SftOptions { Batch = batch, PassTokens = tokensPerStep, Updates = steps, LearningRate = rate, WarmupShare = 0.05,
        Schedule = ScheduleKind.Linear, Floor = 0.05, Seed = seed, EvaluateEvery = steps, SaveEvery = steps,
        AdamW = new() { Beta2 = 0.98, WeightDecay = 0.05 } };
    var result = Sft.Run(tuning, from, model, format, mixture, heldOut, device, new RunOptions { Out = run, Keep = 1, Threads = threads });
    File.WriteAllText(Path.Combine(run, MixtureManifest.FileName), MixtureManifest.Json(mixture, (long)steps * batch));
    Print($"{Path.GetFileName(run)}: {batch} examples of {mean:0.0} tokens an update, loss {LineReport.Line(result.HeldOut!)}");
}

async Task Measure(string own, string name, string run, MixtureOptions options)
{
    var figures = Path.Combine(own, name, "figures.json");
    if (File.Exists(figures))
        return;
    var tasks = MixtureTasks.Write(MixtureFile.Open(options, library), Path.Combine(own, "tasks"), 40);
    using var open = new LoadedModel(run, device);
    using var model = new LocalModel(open, name);
    using var cache = new ResultCache(null, model.Digest);
    var json = new JsonObject();
    foreach (var task in tasks.Select(t => LoadedTask.Read(TaskFile.Load(t).Task(), new TaskFolders(null, Path.GetDirectoryName(t)))))
    {
        foreach (var shots in new[] { 0, 2 })
        {
            var result = await new Evaluator(model, new EvaluationOptions(), cache).Run(task, shots);
            json[$"{task.Task.Name["symbols-".Length..]}@{shots}"] = result.Figures[0].Estimate.Value;
            var byTask = result.Items.GroupBy(i => task.Items[i.Item].Fields["task"]!.GetValue<string>())
                .Select(g => $"{g.Key} {100 * g.Average(i => i.Scores["exact_match"]):0}");
            Print($"{name}, {task.Task.Name}, {shots} shots: {100 * result.Figures[0].Estimate.Value:0.0} %; {string.Join(", ", byTask)}");
            foreach (var item in result.Items.Take(1))
                Console.WriteLine($"      {item.Prompt.ReplaceLineEndings("|")} -> '{item.Paths[0].Text.ReplaceLineEndings("|")}' ({item.Gold})");
        }
    }
    Directory.CreateDirectory(Path.GetDirectoryName(figures)!);
    File.WriteAllText(figures, json.ToJsonString());
}
