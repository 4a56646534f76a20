// A reward model on the 1,800 human pairs of HH-RLHF (harmless-base), beside a bag of words, both on the same 600 held-out pairs.
//
//   dotnet run -c Release bench/HumanPairs.cs -- PAIRS.jsonl.gz [--seeds 1,2,3] [--threads 1] [--out runs/human-pairs]
//
// Build first: dotnet build -c Release
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Data.Preferences;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Baselines;
using Nonet.Evaluation.Metrics;
using Nonet.Recipes;
using Nonet.Recipes.Alignment;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var threads = int.Parse(Option("--threads", "1"));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-human-pairs"));
Directory.CreateDirectory(Path.Combine(folder, "texts"));
var all = Rankings.Read(new RankingOptions { Path = args[0] });
foreach (var warning in all.Warnings)
    Console.WriteLine(warning);
var order = all.Items.OrderBy(r => Hash(r.Prompt)).ToArray();
var (heldOut, train) = (order[..600], order[600..]);
var (trainFile, heldOutFile) = (Path.Combine(folder, "train.jsonl"), Path.Combine(folder, "held-out.jsonl"));
Rankings.Write(trainFile, train);
Rankings.Write(heldOutFile, heldOut);

// A pair with its sides in an order that a hash decides; the class says which side is better
LabelledText[] Sided(IEnumerable<Ranking> rankings) => [.. from r in rankings
                                                           from p in r.Pairs
                                                           let swap = Hash(r.Answers[p.Better]) % 2 == 0
                                                           select new LabelledText(r.Answers[swap ? p.Worse : p.Better],
                                                               r.Answers[swap ? p.Better : p.Worse], "", swap ? 1 : 0)];
double[] penalties = [1e-3, 1e-2, 1e-1];
var bags = penalties.Select(l2 => BagOfWords.Train(Sided(train), 2, new BagOfWordsOptions { SeparateSecond = true, L2 = l2,
    Weight = WordWeight.Presence }).Accuracy(Sided(heldOut)));
var shares = string.Join(", ", bags.Select(b => $"{100 * b:0.0} %"));
Console.WriteLine($"{train.Length:N0} prompts to train on, {heldOut.Sum(r => r.Pairs.Count):N0} pairs held out; bag of words {shares} at λ 1e-3, 1e-2, 1e-1");

// The base: books, and the training dialogues with both of their answers
foreach (var book in Directory.GetFiles("data", "*.txt"))
    File.Copy(book, Path.Combine(folder, "texts", Path.GetFileName(book)), overwrite: true);
File.WriteAllLines(Path.Combine(folder, "texts", "dialogues.jsonl"), train.SelectMany(r =>
    r.Answers.Select(a => new JsonObject { ["text"] = r.Prompt + a }.ToJsonString())));
Train("base", $"""
    task: pretrain
    model: {"{kind: llama, layers: 3, width: 96, heads: 4, context: 128, hidden: 256}"}
    tokenizer: {"{vocab: 2048}"}
    data: {"{path: " + Path.Combine(folder, "texts") + ", validation: 0.05}"}
    training: {"{steps: " + Option("--steps", "400") + ", batch: 8, learning_rate: 2e-3, warmup: 50, evaluate_every: 200, save_every: 200}"}
    """);
var names = Option("--seeds", "1,2,3").Split(',').Select(seed => $"reward-{seed}").ToArray();
foreach (var name in names)
{
    Train(name, $"""
        task: reward
        from: {Path.Combine(folder, "base")}
        data: {"{train: {path: " + trainFile + "}, validation: {path: " + heldOutFile + "}}"}
        training: {"{epochs: " + Option("--epochs", "2") + ", batch: 16, learning_rate: 3e-4, warmup_share: 0.1, seed: " + name[7..] + "}"}
        """);
    Show(name, [name]);
}
Show("ensemble", names);

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

static ulong Hash(string text) => BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

// Accuracy of the last checkpoints: no choice by the held-out pairs
void Show(string name, string[] runs)
{
    string Last(string run) => Directory.GetDirectories(Path.Combine(folder, run, "checkpoints"), "step-*").MaxBy(d => int.Parse(Path.GetFileName(d)[5..]))!;
    using var reward = new ModelRewardSource { Path = Last(runs[0]), Ensemble = [.. runs[1..].Select(Last)] }.OpenModel(device);
    var margins = heldOut.SelectMany(r =>
    {
        var scores = new double[r.Answers.Count];
        foreach (var model in reward.Models)
        {
            var own = model.Score([.. r.Answers.Select(a => model.Encode(r.Prompt, a))]);
            for (var i = 0; i < scores.Length; i++)
                scores[i] += own[i];
        }
        return r.Pairs.Select(p => scores[p.Better] - scores[p.Worse]);
    }).ToArray();
    var (accuracy, hits) = (PreferenceAccuracy.Of(margins), margins.Count(m => m > 0));
    var interval = Interval.Wilson(hits, margins.Length);
    Console.WriteLine($"{name}: {100 * accuracy:0.0} % of {margins.Length} pairs ({100 * interval.Low:0.0} to {100 * interval.High:0.0}), "
        + $"{(accuracy - 0.5) / Math.Sqrt(0.25 / margins.Length):0.0} standard errors above one half, calibration error "
        + $"{Calibration.Of(margins, 10).Error:0.000}");
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
        if (e is Evaluated or StageStarted { Name: "warning" or "truncated" })
            Console.Error.WriteLine($"{name}: {LineReport.Line(e)}");
    }
}
