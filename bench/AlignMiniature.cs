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
using Nonet.Alignment;
using Nonet.Alignment.Comparison;
using Nonet.Alignment.Rewards;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Data.Preferences;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const string Arms = "ppo,ptx,few-ppo,beta0"; // few-ppo: against the reward model of few rankings, with a KL penalty; beta0: the same without
var threads = int.Parse(Option("--threads", "1"));
var arms = Option("--arms", Arms).Split(',');
var few = int.Parse(Option("--few", "400")); // prompts whose rankings the reward model of few rankings sees
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-align-miniature"));
Directory.CreateDirectory(folder);

// Sentences of 24 to 60 letters in lower case; the prompt is the first words, up to 12 letters or more
var sentences = Directory.GetFiles("data", "*.txt").Order(StringComparer.Ordinal).SelectMany(f =>
    Regex.Split(Regex.Replace(File.ReadAllText(f).ToLowerInvariant(), @"\s+", " "), @"(?<=[.!?;])\s"))
    .Where(s => s.Length is >= 24 and <= 60 && s.All(c => c is >= 'a' and <= 'z' or ' ' or ',' or '\'' or '.' or '!' or '?' or ';')).Distinct().ToArray();
Console.WriteLine($"{sentences.Length:N0} sentences, {sentences.Sum(s => s.Length):N0} bytes");
var texts = Path.Combine(folder, "sentences.jsonl");
File.WriteAllLines(texts, sentences.Select(s => new JsonObject { ["text"] = s }.ToJsonString()));


// The gold reward that nobody trains on: different ones of these words, less a penalty for length and for words that repeat
string[] words = ["and", "her", "with", "love", "good", "man", "time", "never", "again", "heart"];
var gold = new WordReward("gold", words, 0.02, 0.5);
var (prompts, held) = (Prompts(sentences[..^1000].Take(4000)), Prompts(sentences[^1000..])[..400]);
var (promptFile, heldFile) = (Path.Combine(folder, "prompts.jsonl"), Path.Combine(folder, "held-out.jsonl"));
foreach (var (file, some) in new[] { (promptFile, prompts), (heldFile, held) })
    File.WriteAllLines(file, some.Select(p => new JsonObject { ["prompt"] = p.Text }.ToJsonString()));
var goldSource = $"{{kind: words, name: gold, words: [{string.Join(", ", words)}], length_penalty: 0.02, repetition_penalty: 0.5}}";

foreach (var seed in Option("--seeds", "1,2,3").Split(','))
{
    Train($"sft-{seed}", $"""
        task: pretrain
        model: {"{kind: llama, layers: 3, width: 96, heads: 4, context: 96, hidden: 256}"}
        data: {"{path: " + texts + ", validation: 0.05}"}
        training: {"{steps: 2500, batch: 32, learning_rate: 3e-3, warmup: 100, evaluate_every: 500, save_every: 500, seed: " + seed + "}"}
        """);
    Console.WriteLine($"seed {seed}: SFT held-out {Held($"sft-{seed}"):0.0000} nats per byte");

    // K = 4 answers a prompt from the SFT model; a labeller sees the gold reward with noise
    var rankingFile = Path.Combine(folder, $"rankings-{seed}.jsonl");
    if (!File.Exists(rankingFile))
    {
        var answers = Write($"sft-{seed}", [.. prompts.SelectMany(p => Enumerable.Repeat(p, 4))], ulong.Parse(seed), 0);
        var rewards = gold.Score(answers);
        Console.WriteLine($"seed {seed}: gold of the SFT model {rewards.Average():0.00}, deviation "
            + $"{Math.Sqrt(rewards.Average(r => r * r) - Math.Pow(rewards.Average(), 2)):0.00}, length {answers.Average(a => a.Ids.Length):0.0}, "
            + $"stopped {answers.Average(a => a.Stopped ? 1.0 : 0):0.00}; e.g. "
            + $"{string.Join(" | ", answers.Take(8).Select(a => a.Prompt.Text + ">" + a.Text))}");
        var noise = new Random(int.Parse(seed));
        Rankings.Write(rankingFile, prompts.Select((p, i) =>
        {
            var noisy = Enumerable.Range(4 * i, 4).Select(a => rewards[a] + 0.25 * Math.Log(1 / (1 / noise.NextDouble() - 1))).ToArray();
            return Ranking.Of(p.Text, [.. answers.Skip(4 * i).Take(4).Select(a => a.Text)],
                [.. noisy.Select(n => (int?)(1 + noisy.Count(other => other > n)))]);
        }));
    }
    var ranked = Rankings.Read(new RankingOptions { Path = rankingFile }).Items.Where(r => TokenizedData.Draw(1, r.Prompt) < 0.1);
    var ceiling = PreferenceAccuracy.Of([.. ranked.SelectMany(r => r.Pairs.Select(p => gold.Of(r.Answers[p.Better]) - gold.Of(r.Answers[p.Worse])))]);
    Train($"reward-{seed}", $"""
        task: reward
        from: {Path.Combine(folder, $"sft-{seed}")}
        data: {"{train: {path: " + rankingFile + "}, held_out: 0.1}"}
        training: {"{epochs: 3, batch: 16, learning_rate: 1e-3, warmup_share: 0.05, length: 96, seed: " + seed + "}"}
        """);
    var accuracy = Last($"reward-{seed}", "accuracy");
    Console.WriteLine($"seed {seed}: RM accuracy {100 * accuracy:0.0} %, ceiling {100 * ceiling:0.0} %, share {100 * accuracy / ceiling:0.0} %, "
        + $"deviation {Last($"reward-{seed}", "reward_deviation"):0.00}, calibration error {Last($"reward-{seed}", "calibration_error"):0.000}");

    // A reward model of few rankings, which a policy without a KL penalty can exploit
    if (arms.Intersect(["few-ppo", "beta0"]).Any())
    {
        var fewFile = Path.Combine(folder, $"few-{few}-{seed}.jsonl");
        Rankings.Write(fewFile, Rankings.Read(new RankingOptions { Path = rankingFile }).Items.Take(few));
        Train($"few-{few}-{seed}", $"""
            task: reward
            from: {Path.Combine(folder, $"sft-{seed}")}
            data: {"{train: {path: " + fewFile + "}, held_out: 0.2}"}
            training: {"{epochs: 6, batch: 16, learning_rate: 1e-3, warmup_share: 0.05, length: 96, seed: " + seed + "}"}
            """);
        Console.WriteLine($"seed {seed}: RM of {few} prompts: accuracy {100 * Last($"few-{few}-{seed}", "accuracy"):0.0} %");
    }

    foreach (var name in arms)
    {
        var ofFew = name is "few-ppo" or "beta0";
        var run = ofFew ? $"{name}-{few}-{seed}" : $"{name}-{seed}";
        Train(run, $"""
            task: ppo
            from: {Path.Combine(folder, $"sft-{seed}")}
            data: {"{prompts: " + promptFile + ", validation: " + heldFile + "}"}
            rewards: [{"{kind: model, path: " + Path.Combine(folder, ofFew ? $"few-{few}-{seed}" : $"reward-{seed}") + "}"}]
            held_out_rewards: [{goldSource}]
            training:
              episodes: {(ofFew ? 9600 : 4800)}
              batch: 128
              minibatch: 32
              inner_epochs: 2
              response_tokens: 64
              learning_rate: 3e-4
              value_learning_rate: 1e-3
              warmup: 5
              evaluation_prompts: 400
              evaluate_iterations: 15
              save_iterations: 15
              ema_decay: 0.9
              kl: {(name == "beta0" ? "{beta: 0, limit: 1000}" : "{beta: 0.15, target: 6, horizon: 1000}")}
              ptx: {"{coefficient: " + (name == "ptx" ? "3" : "0") + ", ratio: 1, length: 96, data: {path: " + texts + ", validation: 0.05}}"}
              seed: {seed}
            """);
        Console.WriteLine($"seed {seed}: {name}: reward {First(run, "reward"):0.00} to {Last(run, "reward"):0.00}, gold "
            + $"{First(run, "reward_gold"):0.00} to {Last(run, "reward_gold"):0.00} (highest {Highest(run, "reward_gold"):0.00}), KL "
            + $"{Last(run, "kl"):0.0}, LM loss {First(run, "pretraining_loss"):0.0000} to {Last(run, "pretraining_loss"):0.0000}, length "
            + $"{Last(run, "response_length"):0.0}");
        var (own, others) = (gold.Score(Write(run, held, 99, 0)), gold.Score(Write($"sft-{seed}", held, 99, 0)));
        var rate = WinRate.Of(own, others);
        Console.WriteLine($"seed {seed}: {name}: win rate over SFT by gold {100 * rate.Rate:0.0} % ({100 * rate.Interval.Low:0.0} to "
            + $"{100 * rate.Interval.High:0.0}), p {rate.PValue:0.0e0}, {rate.Wins} won, {rate.Ties} tied, {rate.Losses} lost");
    }
}

Prompt[] Prompts(IEnumerable<string> from) => [.. from.Select(s => new Prompt(s[..(s.IndexOf(' ', 9) is > 0 and var at ? at : 9)])).Distinct()];

Response[] Write(string run, IReadOnlyList<Prompt> some, ulong seed, long first)
{
    using var open = new LoadedModel(Path.Combine(folder, run), device);
    using var rollouts = new Rollouts(open.Decoder, new PromptLayout(open.LoadTokenizer()), 96, 128);
    return rollouts.Write(some, new RolloutOptions { MaxTokens = 64, Seed = seed }, first);
}

static IEnumerable<JsonObject> Lines(string file) => File.ReadLines(file).Select(l => (JsonObject)JsonNode.Parse(l)!);

IEnumerable<Evaluated> Evaluations(string run) => Lines(Path.Combine(folder, run, "metrics.jsonl")).Where(l => l.ContainsKey("validation_loss"))
    .Select(l => new Evaluated((int)l["step"]!, (double)l["validation_loss"]!, null, false) { Scores = l["scores"] is JsonObject scores
        ? [.. scores.Select(s => new Score(s.Key, (double)s.Value!))] : [] });

double Held(string run) => Evaluations(run).Last().Loss;
double First(string run, string score) => Evaluations(run).First().Scores.First(s => s.Name == score).Value;
double Last(string run, string score) => Evaluations(run).Last().Scores.First(s => s.Name == score).Value;
double Highest(string run, string score) => Evaluations(run).Max(e => e.Scores.First(s => s.Name == score).Value);

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

void Train(string name, string yaml, params string[] overrides)
{
    var file = Path.Combine(folder, name + ".yaml");
    File.WriteAllText(file, yaml);
    var run = Path.Combine(folder, name);
    if (File.Exists(Path.Combine(run, "state.json")) && File.ReadAllText(Path.Combine(run, "state.json")).Contains("finished"))
        return;
    TrainRecipe.Run(TrainingRecipe.Load(file, overrides), device, run, resume: Directory.Exists(run), threads, new Progress(name));
}

sealed class Progress(string name) : IProgress<RunEvent>
{
    public void Report(RunEvent e)
    {
        if (e is Evaluated or Measured or StageStarted { Name: "warning" })
            Console.Error.WriteLine($"{name}: {LineReport.Line(e)}");
    }
}
