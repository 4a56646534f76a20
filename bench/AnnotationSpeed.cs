// How fast a model of 10 million weights annotates texts with calls of a calculator: through shared batches and kept prefixes, beside one request at a time.
// The model is not trained, so its samples are no calls; planted calls are scored, ten for each text.
//
//   dotnet run -c Release bench/AnnotationSpeed.cs -- [--texts 1000] [--single 5] [--threads 1] [--out DIR]
//
// --single is the number of texts that are annotated one request at a time.
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:project ../src/Nonet.ToolUse/Nonet.ToolUse.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet;
using Nonet.Data;
using Nonet.Inference;
using Nonet.Recipes;
using Nonet.Recipes.Architectures;
using Nonet.Tensors.Cpu;
using Nonet.Text.Bpe;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Filtering;
using Nonet.ToolUse.Tools;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;
int Number(string name, int otherwise) => int.Parse(Option(name, $"{otherwise}"));
var (count, single, threads) = (Number("--texts", 1000), Number("--single", 5), Number("--threads", 1));
using var device = new CpuDevice(threads);
var run = Path.Combine(Option("--out", Path.Combine(Path.GetTempPath(), "nonet-annotation")), "speed");
if (!Directory.Exists(run))
{
    TrainRecipe.Run(new Recipe
    {
        Name = "speed",
        Model = new LlamaOptions { Layers = 6, Width = 352, Heads = 8, Context = 1024 },
        Data = new RecipeData { Path = "data" },
        Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = 4096 } },
        Training = new PretrainOptions { Steps = 1, Batch = 1, Warmup = 0 },
        Run = new ReportOptions { SampleEvery = null },
    }, device, run, threads: threads);
}
var prompt = AnnotationPrompt.BuiltIn("Calculator")!;
var perText = new Dictionary<string, double>();
(string Name, EngineOptions Engine, int AtOnce, int Texts)[] ways =
[
    ("batches, kept prefixes", new EngineOptions { CacheTokens = 32 * 1024 }, 16, count),
    ("one at a time, kept prefixes", new EngineOptions { CacheTokens = 32 * 1024, MostSequences = 1 }, 1, single),
    ("one at a time", new EngineOptions { CacheTokens = 32 * 1024, MostSequences = 1, ReusePrefixes = false }, 1, single),
];
foreach (var (name, engine, atOnce, texts) in ways)
{
    using var model = LanguageModel.Open(run, device, options: engine);
    var some = new TextSource { Data = new DataSource { Path = "data" }, Tokens = 128, Limit = texts }.Read(model.Tokenizer).ToArray();
    var tool = new AnnotatedTool(new CalculatorTool(), prompt) { SampleThreshold = 0 };
    var annotator = new Annotator(model.Engine, model.Tokenizer, [tool], new SamplingOptions { CallTokens = 32, AtOnce = atOnce });
    var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
    var positions = 0;
    await foreach (var text in annotator.AnnotateAsync(some))
        positions += text.Trials[0].Positions.Count;
    var sampling = Stopwatch.GetElapsedTime(start).TotalSeconds;
    var candidates = some.SelectMany(text =>
    {
        var ids = model.Tokenizer.EncodePlain(text.Text);
        return Enumerable.Range(0, 10).Select(i =>
            new CallCandidate(ids, (i / 2 + 1) * ids.Length / 7, new ToolCall("Calculator", $"{i + 20} + 4"), $"{i + 24}"));
    });
    await foreach (var _ in new LossFilter(model.Engine, model.Tokenizer).ScoreAsync(candidates))
    {
    }
    var (all, used) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    perText[name] = used / some.Length;
    Console.WriteLine($"{name}: {some.Length} texts in {all:0.0} s ({sampling:0.0} s of it sampling), {used:0.0} s of CPU; "
        + $"{all / some.Length:0.00} s and {used / some.Length:0.00} s of CPU a text; {positions} positions of 5 samples; {model.Engine.Counts}");
}
Console.WriteLine(
    $"CPU time a text against one at a time: {perText["one at a time"] / perText["batches, kept prefixes"]:0.0} x; against that with kept prefixes: "
    + $"{perText["one at a time, kept prefixes"] / perText["batches, kept prefixes"]:0.0} x");
