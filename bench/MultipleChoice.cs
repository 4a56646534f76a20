// Few-shot multiple choice through the harness, against the same requests one at a time on an engine that keeps no prefixes: requests per second, and per
// second of processor time, over three rounds in turn. The choices must be the same.
//
//   dotnet run -c Release bench/MultipleChoice.cs -- MODEL DATA [items] [shots] [task]
//
// DATA is the folder that holds fewshot/mmlu/.
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Inference;
using Nonet.Recipes.Evaluation;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (items, shots) = (args.Length > 2 ? int.Parse(args[2]) : 40, args.Length > 3 ? int.Parse(args[3]) : 5);
var found = new TaskLibrary("tasks").Open(args.Length > 4 ? args[4] : "mmlu");
var task = LoadedTask.Read(found.Task, new TaskFolders(args[1], found.Folder));
var options = new EvaluationOptions { Limit = items, SkipLong = true };
using var device = new CpuDevice();
using var open = new LoadedModel(args[0], device);
var rates = new Dictionary<string, List<(double Wall, double Processor)>> { ["through the harness"] = [], ["one at a time"] = [] };
var scores = new HashSet<string>();
for (var round = 0; round < 3; round++)
{
    foreach (var (name, list) in rates)
    {
        using var harness = new LocalModel(open, name); // a fresh engine: nothing is kept from the round before
        using var engine = new DecodingEngine(open.Decoder, open.LoadTokenizer(), new EngineOptions { MostSequences = 1, ReusePrefixes = false },
            harness.StartToken);
        using var cache = new ResultCache(null, harness.Digest);
        var counted = new Counted(harness, name == "one at a time" ? engine : null);
        var result = await new Evaluator(counted, options, cache).Run(task, shots);
        list.Add((counted.Requests / counted.Seconds, counted.Requests / counted.ProcessorSeconds));
        scores.Add(string.Join(' ', result.Items.Select(i => i.Choices.Max(c => c.LogProbability).ToString("R"))));
        Console.Error.WriteLine($"round {round + 1}, {name}: {list[^1].Wall:0.0} requests/s, {list[^1].Processor:0.0} per processor second");
    }
}
foreach (var (name, list) in rates)
    Console.WriteLine($"{name}: {Median(list.Select(r => r.Wall)):0.0} requests/s, {Median(list.Select(r => r.Processor)):0.0} per processor second");
var (fast, slow) = (rates["through the harness"], rates["one at a time"]);
Console.WriteLine($"ratio {Median(fast.Select(r => r.Wall)) / Median(slow.Select(r => r.Wall)):0.0}, by processor time "
    + $"{Median(fast.Select(r => r.Processor)) / Median(slow.Select(r => r.Processor)):0.0}; log-probabilities "
    + $"{(scores.Count == 1 ? "the same bits" : "differ")}");

static double Median(IEnumerable<double> values) => values.Order().ElementAt(1);

/// <summary>Scores through a model, or alone through an engine, and takes the time of it: preparation is left out on both sides.</summary>
sealed class Counted(LocalModel model, DecodingEngine? alone) : IScoringModel
{
    public int Requests { get; private set; }
    public double Seconds { get; private set; }
    public double ProcessorSeconds { get; private set; }
    public string Name => model.Name;
    public string Digest => model.Digest;
    public ChatMode Chat => model.Chat;
    public int Context => model.Context;
    public IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations) => model.Encode(prompt, continuations);
    public int[] Encode(ModelPrompt prompt) => model.Encode(prompt);
    public IReadOnlyList<EncodedRequest> EncodeWindows(string text) => model.EncodeWindows(text);
    public string Decode(ReadOnlySpan<int> ids) => model.Decode(ids);
    public Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping) => model.Write(requests, done, stopping);

    public async Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping)
    {
        using var process = Process.GetCurrentProcess();
        var (clock, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
        if (alone is null)
            await model.Score(requests, done, stopping);
        for (var i = 0; alone is not null && i < requests.Count; i++)
        {
            await foreach (var tokens in alone.ScoreAsync([new ScoringRequest(requests[i].Context, requests[i].Continuation)], stopping))
                done(i, new ContinuationScore(tokens.Sum(t => t.LogProbability), tokens.Count, tokens.All(t => t.IsLikeliest)));
        }
        process.Refresh();
        (Requests, Seconds, ProcessorSeconds) = (requests.Count, clock.Elapsed.TotalSeconds, (process.TotalProcessorTime - before).TotalSeconds);
    }
}
