// Sheet 07's CPU row in miniature: a byte model of at most 0.5 M weights writes the ends of sentences from the books in data/.
//
//   dotnet run -c Release bench/AlignMiniature.cs -- [--seeds 1,2,3] [--threads 1] [--out runs/align-miniature]
//
// Build first: dotnet build -c Release
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var threads = int.Parse(Option("--threads", "1"));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-align-miniature"));
Directory.CreateDirectory(folder);

// Sentences of 24 to 60 letters in lower case; the prompt is the first words, up to 12 letters or more
var sentences = Directory.GetFiles("data", "*.txt").Order(StringComparer.Ordinal)
    .SelectMany(f => Regex.Split(Regex.Replace(File.ReadAllText(f).ToLowerInvariant(), @"\s+", " "), @"(?<=[.!?;])\s"))
    .Where(s => s.Length is >= 24 and <= 60 && s.All(c => c is >= 'a' and <= 'z' or ' ' or ',' or '\'' or '.' or '!' or '?' or ';')).Distinct().ToArray();
Console.WriteLine($"{sentences.Length:N0} sentences, {sentences.Sum(s => s.Length):N0} bytes");
var texts = Path.Combine(folder, "sentences.jsonl");
File.WriteAllLines(texts, sentences.Select(s => new JsonObject { ["text"] = s }.ToJsonString()));

foreach (var seed in Option("--seeds", "1,2,3").Split(','))
{
    var sft = Train($"sft-{seed}", $"""
        task: pretrain
        model: {"{kind: llama, layers: 3, width: 96, heads: 4, context: 96, hidden: 256}"}
        data: {"{path: " + texts + ", validation: 0.05}"}
        training: {"{steps: 2500, batch: 32, learning_rate: 3e-3, warmup: 100, evaluate_every: 500, save_every: 500, seed: " + seed + "}"}
        """);
    Console.WriteLine($"seed {seed}: SFT held-out {sft.NatsPerToken:0.0000} nats per byte, {sft.Parameters:N0} weights, {sft.Training.TotalSeconds:0} s");
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

TrainingResult Train(string name, string yaml, params string[] overrides)
{
    var file = Path.Combine(folder, name + ".yaml");
    File.WriteAllText(file, yaml);
    var run = Path.Combine(folder, name);
    return TrainRecipe.Run(TrainingRecipe.Load(file, overrides), device, run, resume: Directory.Exists(run), threads, new Progress(name));
}

sealed class Progress(string name) : IProgress<RunEvent>
{
    public void Report(RunEvent e)
    {
        if (e is Evaluated or StageStarted { Name: "warning" })
            Console.Error.WriteLine($"{name}: {LineReport.Line(e)}");
    }
}
