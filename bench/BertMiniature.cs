// The miniature of BERT on real text: 2 layers 128 wide over the books in data/, some minutes a seed. What it shows:
//   1. masked tokens are predicted better than by their frequency (at least 0.5 nats), and better (at least 0.1) than by two left-to-right twins of the same
//   size, steps and places: one reads
//      what BERT reads and sees the left alone, the other reads the text unmasked and predicts the next token, as a language model does;
//   2. a task that word order alone solves (were two neighbouring words of a sentence exchanged?) is learned by the pre-trained net, better than by the same
//   net from scratch, while a bag of words
//      can do no better than half.
//
//   dotnet run -c Release bench/BertMiniature.cs -- [--seeds 1,2,3] [--threads 2] [--steps 1400] [--examples 6000] [--out runs/bert-miniature]
//
// Build first: dotnet build -c Release
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Data.Masked;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Baselines;
using Nonet.Models;
using Nonet.Recipes;
using Nonet.Recipes.Architectures;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;
using Nonet.Text.WordPiece;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (threads, steps, most) = (int.Parse(Option("--threads", "2")), int.Parse(Option("--steps", "1400")), int.Parse(Option("--examples", "6000")));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-bert-miniature"));
Directory.CreateDirectory(folder);
var books = Path.Combine(Directory.GetCurrentDirectory(), "data");

var order = OrderTask.OfWords(Corpus.Read(new DataSource { Path = books, Documents = DocumentCut.Chapters }));
bool IsShort(LabelledText t) => t.Text.Split(' ').Length <= 18; // all of it within the model's 32 tokens, or nearly
var (train, dev) = (order.Train.Where(IsShort).Take(most).ToArray(), order.Dev.Where(IsShort).Take(2000).ToArray());
var (trainFile, devFile) = (Path.Combine(folder, "train.tsv"), Path.Combine(folder, "dev.tsv"));
LabelledTexts.WriteTsv(trainFile, train);
LabelledTexts.WriteTsv(devFile, dev);
var bag = BagOfWords.Train(train, 2);
Console.WriteLine($"{train.Length:N0} sentences to fine-tune on, {dev.Length:N0} to measure on; bag of words: "
    + $"{100.0 * dev.Count(t => bag.Predict(t) == t.Class) / dev.Length:0.0} %");
Console.WriteLine("| seed | by frequency | left-to-right twin | language-model twin | BERT, masked | order task: from scratch | pre-trained | time |");
Console.WriteLine("|---|---|---|---|---|---|---|---|");
foreach (var seed in Option("--seeds", "1,2,3").Split(',').Select(ulong.Parse))
{
    var start = System.Diagnostics.Stopwatch.GetTimestamp();
    var unigram = "";
    var masked = Run(Masked(seed), $"masked-{seed}", e => unigram = e is StageStarted { Name: "unigram" } stage ? stage.Detail.Split(' ')[0] : unigram);
    var twin = Run(Masked(seed, causal: true), $"left-to-right-{seed}");
    var next = Run(Masked(seed, causal: true, nextToken: true), $"next-token-{seed}");
    var pretrained = Run(Order(seed, masked.Folder, scratch: false), $"order-pretrained-{seed}");
    var scratch = Run(Order(seed, masked.Folder, scratch: true), $"order-scratch-{seed}");
    Console.WriteLine($"| {seed} | {unigram} | {twin.NatsPerToken:0.000} | {next.NatsPerToken:0.000} | **{masked.NatsPerToken:0.000}** | "
        + $"{Accuracy(scratch):0.0} % | **{Accuracy(pretrained):0.0} %** | {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:0} s |");
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

double Accuracy(TrainingResult result) => 100 * result.HeldOut!.Scores.First(s => s.Name == "accuracy").Value;

MaskedRecipe Masked(ulong seed, bool causal = false, bool nextToken = false) => new()
{
    Name = "bert-miniature",
    Model = new BertOptions { Layers = 2, Width = 128, Heads = 4, Hidden = 512, Context = 32, Dropout = 0, AttentionDropout = 0, Head = ModelHead.Masked,
        Causal = causal },
    Data = new RecipeData { Path = books },
    Tokenizer = new RecipeTokenizer { Train = new WordPieceTrainerOptions { Vocab = 2048 } },
    Training = new MaskedTrainingOptions
    {
        Steps = steps,
        Batch = 64,
        Sequences = new MaskedOptions { Packing = SentencePacking.FullSentences },
        NextToken = nextToken,
        LearningRate = 0.002,
        Warmup = steps / 14,
        Schedule = ScheduleKind.Linear,
        Floor = 0,
        AdamW = new() { Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01 },
        Muon = new() { RateFactor = 5 }, // Adam alone stays at the tokens' frequencies for as many steps: docs/log.md
        Seed = seed,
        EvaluateEvery = steps,
        SaveEvery = steps,
    },
};

FineTuneRecipe Order(ulong seed, string from, bool scratch) => new()
{
    Name = "order",
    From = from,
    Scratch = scratch,
    Data = new LabelledData { Train = new LabelledTextOptions { Path = trainFile }, Validation = new LabelledTextOptions { Path = devFile } },
    Training = new FineTuneOptions
    {
        Steps = 1, // by epochs
        Epochs = 3,
        Batch = 32,
        LearningRate = 5e-4,
        Schedule = ScheduleKind.Linear,
        Floor = 0,
        AdamW = new() { Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01 },
        Seed = seed,
    },
};

TrainingResult Run(IRecipe recipe, string name, Action<RunEvent>? tell = null)
{
    var run = Path.Combine(folder, name);
    if (Directory.Exists(run))
        Directory.Delete(run, recursive: true);
    var result = TrainRecipe.Run(recipe, device, run, threads: threads, progress: new Told(e => tell?.Invoke(e)));
    Console.Error.WriteLine($"{name}: {LineReport.Line(result.HeldOut!)}, {result.Training.TotalSeconds:0} s");
    return result;
}

sealed class Told(Action<RunEvent> tell) : IProgress<RunEvent>
{
    public void Report(RunEvent value) => tell(value);
}
