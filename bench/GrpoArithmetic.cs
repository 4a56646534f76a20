// GRPO with an exact-answer checker on multi-digit addition: a byte model that supervised training left at 30 to 60 % learns from right and wrong alone.
//
// What it takes: one update on all the answers of an iteration, no KL penalty, and about a thousand updates at a rate that falls to a tenth.
//
//   dotnet run -c Release bench/GrpoArithmetic.cs -- [--seeds 1,2,3] [--variants grpo] [--threads 1] [--out runs/grpo-arithmetic]
//
// Build first: dotnet build -c Release
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Metrics;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var threads = int.Parse(Option("--threads", "1"));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-grpo-arithmetic"));
Directory.CreateDirectory(folder);

// All sums of two numbers of two digits, shuffled; no problem is in two of the sets
(int A, int B)[] all = [.. from a in Enumerable.Range(10, 90) from b in Enumerable.Range(10, 90) select (a, b)];
new Random(1).Shuffle(all);
var texts = Write("sums.jsonl", all[..4_000], (a, b) => new JsonObject { ["text"] = $"{a}+{b}={a + b}" });
var prompts = Write("prompts.jsonl", all[4_000..7_100], Problem);
var heldOut = Write("held-out.jsonl", all[7_100..], Problem);
var measured = Prompt.Read(heldOut);
var checker = new AnswerReward("answer", new() { Kind = AnswerKind.Number });

foreach (var seed in Option("--seeds", "1,2,3").Split(','))
{
    // One supervised run; the first of its checkpoints that is right in 35 % of the problems is where GRPO starts
    Train($"sft-{seed}", $"""
        task: pretrain
        model: {"{kind: llama, layers: 2, width: 96, heads: 4, context: 16, hidden: 256}"}
        data: {"{path: " + texts + ", validation: 0.01}"}
        training: {"{steps: " + Option("--sft-steps", "3000") + ", batch: 32, learning_rate: 3e-3, warmup: 100, evaluate_every: 500, save_every: 250, seed: " + seed + "}"}
        run: {"{keep: 100}"}
        """);
    var start = "";
    foreach (var checkpoint in new CheckpointFolder(Path.Combine(folder, $"sft-{seed}", "checkpoints")).All)
    {
        var share = Accuracy(checkpoint).Average();
        Console.WriteLine($"seed {seed}: {Path.GetFileName(checkpoint)} {100 * share:0.0} %");
        if (share < 0.35)
            continue;
        start = checkpoint;
        break;
    }
    if (start.Length == 0)
    {
        Console.WriteLine($"seed {seed}: no checkpoint is right in 35 %; raise --sft-steps");
        continue;
    }
    foreach (var variant in Option("--variants", "grpo").Split(','))
    {
        var run = $"{variant}-{seed}";
        Train(run, $"""
            task: grpo
            from: {start}
            data: {"{prompts: " + prompts + ", validation: " + heldOut + "}"}
            rewards: [{"{kind: answer, answer: number}"}]
            training:
              variant: {variant}
              group: 16
              episodes: 1024000
              batch: 1024
              minibatch: 1024
              response_tokens: 5
              loss: {"{beta: 0}"}
              learning_rate: 5e-4
              schedule: cosine
              warmup: 5
              adamw: {"{beta2: 0.98, weight_decay: 0.1}"}
              evaluation_prompts: 1000
              evaluate_iterations: 50
              save_iterations: 100
              seed: {seed}
            """);
        var (before, after) = (Accuracy(start), Accuracy(Path.Combine(folder, run)));
        var test = PairedTest.Of(before, after);
        Console.WriteLine($"seed {seed}: {variant}: {100 * before.Average():0.0} % to {100 * after.Average():0.0} %, {100 * test.Difference:0.0} "
            + $"points more ({100 * test.Interval.Low:0.0} to {100 * test.Interval.High:0.0}), p {test.PValue:0.0e0}, {measured.Count:N0} held-out problems");
    }
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

static JsonObject Problem(int a, int b) => new() { ["prompt"] = $"{a}+{b}=", ["answer"] = $"{a + b}" };

string Write(string name, IEnumerable<(int A, int B)> some, Func<int, int, JsonObject> line)
{
    var file = Path.Combine(folder, name);
    File.WriteAllLines(file, some.Select(p => line(p.A, p.B).ToJsonString()));
    return file;
}

// Right answers, sampled at temperature 1
double[] Accuracy(string model)
{
    using var open = new LoadedModel(model, device);
    using var rollouts = new Rollouts(open.Decoder, new PromptLayout(open.LoadTokenizer()), 16, 256);
    return checker.Score(rollouts.Write(measured, new RolloutOptions { MaxTokens = 5, Seed = 99 }));
}

void Train(string name, string yaml)
{
    var file = Path.Combine(folder, name + ".yaml");
    File.WriteAllText(file, yaml);
    var run = Path.Combine(folder, name);
    if (File.Exists(Path.Combine(run, "state.json")) && File.ReadAllText(Path.Combine(run, "state.json")).Contains("finished"))
        return;
    TrainRecipe.Run(TrainingRecipe.Load(file), device, run, resume: Directory.Exists(run), threads, new Progress(name));
}

sealed class Progress(string name) : IProgress<RunEvent>
{
    public void Report(RunEvent e)
    {
        if (e is Evaluated or Measured or StageStarted { Name: "warning" })
            Console.Error.WriteLine($"{name}: {LineReport.Line(e)}");
    }
}
