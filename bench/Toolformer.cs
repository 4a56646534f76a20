// Toolformer in miniature (docs/papers/toolformer.md): a model of at most a million weights reads short texts, half of which state a sum or a difference.
// It is seeded with supervised demonstrations of calls, useful, useless and wrong ones alike, since a model of this size does not follow a prompt. Then it
// annotates texts of its own, the loss filter keeps what helps, and the model is tuned on the texts that are left: with calls, without them, and with as many
// calls drawn at random. Each part keeps its figures, so an interrupted program goes on where it was.
//
//   dotnet run -c Release bench/Toolformer.cs -- [--seeds 1,2,3] [--threads 1] [--out runs/toolformer] [--steps 1500] [--sharpening 600] [--tuning 60]
//   [--texts 2000]
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:project ../src/Nonet.ToolUse/Nonet.ToolUse.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nonet;
using Nonet.Inference;
using Nonet.Recipes;
using Nonet.Recipes.Architectures;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text.Bpe;
using Nonet.ToolUse;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;
using Nonet.ToolUse.Filtering;
using Nonet.ToolUse.Tools;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int Number(string name, int otherwise) => int.Parse(Option(name, $"{otherwise}"));
var (threads, steps, tuning, annotated) = (Number("--threads", 1), Number("--steps", 1500), Number("--tuning", 60), Number("--texts", 2000));
var sharpening = Number("--sharpening", 600);
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-toolformer"));
var calculator = new CalculatorTool();
const double Kept = 0.5; // the threshold of the texts that models are tuned on: the paper's for calculators
double[] thresholds = [0.25, 0.5, 1, 2];

foreach (var seed in Option("--seeds", "1,2,3").Split(',').Select(ulong.Parse))
{
    var own = Path.Combine(folder, $"seed-{seed}");
    Directory.CreateDirectory(own);
    var from = Path.Combine(own, "base");
    Write(Path.Combine(own, "read.jsonl"), Enumerable.Range(0, 60_000).Select(i => Seeded(seed, i)));
    Write(Path.Combine(own, "base.jsonl"), Enumerable.Range(60_000, 40_000).Select(i => Copied(seed, i)));
    if (!Train(own, "read", Pretraining(seed, own)) || !Train(own, "base", Tuning(seed, own, "base", "read", sharpening, 2e-3) with { Name = "base" }))
        return;
    var figures = new JsonObject();
    using (var model = LanguageModel.Open(from, device, options: new EngineOptions { CacheTokens = 1 << 15 }))
    {
        await Planted(seed, model, figures);
        await Annotate(seed, own, model, figures);
        await Measure(seed, "base", model, figures);
    }
    foreach (var arm in new[] { "calls", "plain", "random" })
    {
        if (new FileInfo(Path.Combine(own, $"{arm}.jsonl")).Length == 0)
        {
            Print($"{arm}: no text is left to tune on");
            continue;
        }
        if (!Train(own, arm, Tuning(seed, own, arm, "base", tuning, double.Parse(Option("--tuning-rate", "3e-4")))))
            return;
        using var model = LanguageModel.Open(Path.Combine(own, arm), device, options: new EngineOptions { CacheTokens = 1 << 15 });
        await Measure(seed, arm, model, figures);
    }
    File.WriteAllText(Path.Combine(own, "figures.json"), figures.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }));
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

void Print(string line) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");

void Write(string file, IEnumerable<string> texts)
{
    if (!File.Exists(file))
        File.WriteAllLines(file, texts.Select(t => new JsonObject { ["text"] = t }.ToJsonString()));
}

// A call that was planted: useful (the answer, before the answer), wrong (another result), or useless (the answer, elsewhere).
Plant PlantIn(Doc doc, string kind, Draws draws)
{
    var at = doc.At;
    var expression = doc.Expression;
    if (kind == "wrong")
    {
        var (a, op, b) = (int.Parse(expression.Split(' ')[0]), expression.Split(' ')[1], int.Parse(expression.Split(' ')[2]));
        expression = op == "-" && draws.Below(2) == 0 ? $"{a} + {b}" : $"{100 + (a - 99 + draws.Below(798)) % 800} {op} {b}";
    }
    else if (kind == "useless")
    {
        int[] places = [.. Enumerable.Range(1, doc.Text.Length - 1).Where(i => doc.Text[i] == ' ' && (doc.At < 0 || i < doc.At - 25 || i > doc.At + 8))];
        at = places[draws.Below(places.Length)];
        expression = doc.At < 0 ? $"{100 + draws.Below(400)} + {100 + draws.Below(400)}" : expression;
    }
    return new Plant(at, new ToolCall("Calculator", expression), CalculatorTool.Calculate(expression)!);
}

// A text that the model is seeded with: a quarter plain, a quarter said twice (so that it learns to copy), a quarter with a call inside, and a quarter with
// one before it, as the loss filter puts it.
string Seeded(ulong seed, int i)
{
    var draws = new Draws(new RandomKey(seed, 0, 0).At("seeding"), (ulong)i);
    var doc = Doc.Draw(draws, Pairs.Seeding);
    var way = draws.Below(4);
    if (way < 2)
        return way == 0 ? doc.Text : $"{doc.Text} {doc.Text}";
    var kind = doc.At < 0 ? "useless" : draws.Below(4) switch { 0 => "wrong", 1 => "useless", _ => "useful" };
    var plant = PlantIn(doc, kind, draws);
    if (doc.At < 0 && way == 2 && draws.Below(2) == 0)
        return doc.Text;
    var written = draws.Below(4) == 0 && way == 3 ? CallMarks.Default.Write(plant.Call) : CallMarks.Default.Write(plant.Call, plant.Result);
    return way == 3 ? written + doc.Text : CallInsertion.Insert(doc.Text, [new KeptCall(plant.At, plant.Call, plant.Result, 0)]);
}

// A text of the second part of the seeding: two in five say random numbers twice, so that a number is copied exactly and not only nearly.
string Copied(ulong seed, int i)
{
    var draws = new Draws(new RandomKey(seed, 0, 0).At("copying"), (ulong)i);
    if (draws.Below(5) >= 2)
        return Seeded(seed, i);
    var numbers = string.Join(' ', Enumerable.Range(0, 4 + draws.Below(9)).Select(_ => 100 + draws.Below(900)));
    return $"{numbers} : {numbers} .";
}

Doc[] Docs(ulong seed, string use, int count, Pairs pairs) =>
    [.. Enumerable.Range(0, count).Select(i => Doc.Draw(new Draws(new RandomKey(seed, 0, 0).At(use), (ulong)i), pairs))];

Recipe Pretraining(ulong seed, string own) => new()
{
    Name = "read",
    Model = new LlamaOptions { Layers = Number("--layers", 3), Width = Number("--width", 128), Heads = 4, Context = 128, Hidden = 344, Tied = true },
    Data = new RecipeData { Path = Path.Combine(own, "read.jsonl"), Validation = 0.01 },
    Tokenizer = new RecipeTokenizer { Train = new BpeTrainerOptions { Vocab = 2048, Pattern = SplitPattern.Cl100k } }, // every number is a token
    Training = new PretrainOptions
    {
        Steps = steps,
        Batch = Number("--batch", 16),
        LearningRate = double.Parse(Option("--rate", "4e-3")),
        Warmup = 60,
        Floor = 0.05,
        Muon = new(),
        AdamW = new() { Beta2 = 0.98, WeightDecay = 0.05 },
        Seed = seed,
        EvaluateEvery = 250,
        SaveEvery = 250,
    },
};

Recipe Tuning(ulong seed, string own, string arm, string start, int updates, double rate) => new()
{
    Name = arm,
    From = Path.Combine(own, start),
    Data = new RecipeData { Path = Path.Combine(own, $"{arm}.jsonl"), Validation = 0.05 },
    Training = new PretrainOptions
    {
        Steps = updates,
        Batch = 16,
        LearningRate = rate,
        Warmup = updates / 10,
        Schedule = ScheduleKind.Linear,
        Muon = start == "read" ? new() : null,
        AdamW = start == "read" ? new() { Beta2 = 0.98, WeightDecay = 0.05 } : new(),
        Seed = seed,
        EvaluateEvery = updates / 4,
        SaveEvery = updates / 4,
    },
};

bool Train(string own, string name, Recipe recipe)
{
    var run = Path.Combine(own, name);
    if (File.Exists(Path.Combine(run, "state.json")) && File.ReadAllText(Path.Combine(run, "state.json")).Contains("finished"))
        return true;
    var result = TrainRecipe.Run(recipe, device, run, resume: Directory.Exists(run), threads: threads);
    Print($"{name}: {LineReport.Line(result.HeldOut!)}");
    return !result.Interrupted;
}

// Planted calls through the loss filter alone: what it keeps of each kind.
async Task Planted(ulong seed, LanguageModel model, JsonObject figures)
{
    var filter = new LossFilter(model.Engine, model.Tokenizer);
    var (kinds, candidates) = (new List<string>(), new List<CallCandidate>());
    var draws = new Draws(new RandomKey(seed, 0, 0).At("planting"), 0);
    foreach (var doc in Docs(seed, "planted", 400, Pairs.Annotated))
    {
        var ids = model.Tokenizer.EncodePlain(doc.Text);
        foreach (var kind in doc.At < 0 ? new[] { "useless" } : ["useful", "wrong", "useless"])
        {
            var plant = PlantIn(doc, kind, draws);
            kinds.Add(kind);
            candidates.Add(new CallCandidate(ids, model.Tokenizer.EncodePlain(doc.Text[..plant.At]).Length, plant.Call, plant.Result));
        }
    }
    var scored = new List<ScoredCall>();
    await foreach (var one in filter.ScoreAsync(candidates))
        scored.Add(one);
    var useful = kinds.Count(k => k == "useful");
    foreach (var threshold in thresholds)
    {
        var kept = kinds.Where((_, i) => scored[i].IsUseful(threshold)).ToArray();
        var right = kept.Count(k => k == "useful");
        Set(figures, $"planted@{threshold}",
            new JsonObject { ["kept"] = kept.Length, ["precision"] = Share(right, kept.Length), ["recall"] = Share(right, useful) });
    }
    foreach (var kind in kinds.Distinct())
        Print($"planted, {kind}: gain {scored.Where((_, i) => kinds[i] == kind).Average(s => s.Gain):0.00} of {kinds.Count(k => k == kind)}");
}

// The model annotates texts; the texts of three arms are written.
async Task Annotate(ulong seed, string own, LanguageModel model, JsonObject figures)
{
    var docs = Docs(seed, "annotated", annotated, Pairs.Annotated);
    var tool = new AnnotatedTool(calculator, new AnnotationPrompt("")) { Threshold = Kept };
    var annotator = new Annotator(model.Engine, model.Tokenizer, [tool], new SamplingOptions { CallTokens = 24, Seed = seed, AtOnce = 32 });
    var texts = new List<AnnotatedText>();
    var start = Stopwatch.GetTimestamp();
    await foreach (var text in annotator.AnnotateAsync(docs.Select((d, i) => new AnnotationText(i, d.Text))))
        texts.Add(text);
    var samples = (from t in texts from p in t.Trials[0].Positions from s in p.Samples select (Doc: docs[t.Source.Number], t, p, s)).ToArray();
    Print($"annotated {docs.Length} texts in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {texts.Sum(t => t.Trials[0].Positions.Count)} positions, "
        + $"{samples.Sum(s => s.s.Count)} samples, {samples.Where(s => s.s.Call is not null).Sum(s => s.s.Count)} calls, "
        + $"{samples.Count(s => s.s.Gain is not null)} different ones scored, "
        + $"of which useful {samples.Count(s => s.s.Gain is not null && IsUseful(s.Doc, s.p.At, s.s.Result!))}");
    static bool IsUseful(Doc doc, int at, string result) => at == doc.At && result == doc.Answer;
    foreach (var threshold in thresholds)
    {
        var limit = new Dictionary<string, double> { ["Calculator"] = threshold };
        var kept = texts.SelectMany(t => CallInsertion.Kept(t, limit).Select(k => IsUseful(docs[t.Source.Number], k.At, k.Result))).ToArray();
        // of the texts in which a useful call was sampled, and of all texts that have use for one
        var sampled = texts.Count(t => t.Trials[0].Positions.Any(p => p.Samples.Any(s => s.Result is { } r && IsUseful(docs[t.Source.Number], p.At, r))));
        Set(figures, $"sampled@{threshold}", new JsonObject
        {
            ["kept"] = kept.Length, ["precision"] = Share(kept.Count(k => k), kept.Length),
            ["recall"] = Share(kept.Count(k => k), sampled), ["recall_of_all"] = Share(kept.Count(k => k), docs.Count(d => d.At >= 0)),
        });
    }
    var filtered = texts.Select(t => (t.Source.Text, Calls: CallInsertion.Kept(t, new Dictionary<string, double> { ["Calculator"] = Kept })))
        .Where(t => t.Calls.Count > 0).ToArray();
    Write(Path.Combine(own, "calls.jsonl"), filtered.Select(t => CallInsertion.Insert(t.Text, t.Calls)));
    Write(Path.Combine(own, "plain.jsonl"), filtered.Select(t => t.Text));
    // as many calls with a result, drawn at random, one at a position
    var key = new RandomKey(seed, 0, 0);
    var pool = (from t in texts from p in t.Trials[0].Positions let scored = p.Samples.Where(s => s.Gain is not null).ToArray() where scored.Length > 0
                select (t.Source, p.At, Call: scored[Philox.Below(key.At("sample"), (ulong)(t.Source.Number * 64 + p.Token), scored.Length)]))
        .OrderBy(c => Philox.Uniform(key.At("random"), (ulong)(c.Source.Number * 1000 + c.At))).Take(filtered.Sum(t => t.Calls.Count));
    Write(Path.Combine(own, "random.jsonl"), pool.GroupBy(c => c.Source.Number).OrderBy(g => g.Key).Select(g =>
        CallInsertion.Insert(g.First().Source.Text, g.OrderBy(c => c.At).Select(c => new KeptCall(c.At, c.Call.Call!, c.Call.Result!, 0)))));
    Print($"texts with calls: {filtered.Length}; with random calls: {File.ReadLines(Path.Combine(own, "random.jsonl")).Count()}; e.g. "
        + string.Join(" | ", filtered.Take(3).Select(t => CallInsertion.Insert(t.Text, t.Calls))));
}

// Accuracy on unseen operands with calls and without, call rates by k, perplexity without calls.
async Task Measure(ulong seed, string arm, LanguageModel model, JsonObject figures)
{
    var docs = Docs(seed, "held out", 600, Pairs.Unseen);
    var sums = docs.Where(d => d.At >= 0).Take(200).ToArray();
    var others = docs.Where(d => d.At < 0).Take(200).ToArray();
    var decoder = new ToolDecoder(model, new ToolRunner([calculator]));
    var reader = new CallReader();
    foreach (var k in new[] { 0, 1, 3, 10 })
    {
        var options = new ToolDecodingOptions { TopK = Math.Max(1, k), MaxCalls = k == 0 ? 0 : 1, MaxCallTokens = 24,
            Generation = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 10 } };
        var (right, called, all) = (0, 0, 0);
        foreach (var doc in sums.Concat(others))
        {
            var prompt = doc.At >= 0 ? doc.Text[..doc.At] : doc.Text[..doc.Text.LastIndexOf(' ', doc.Text.Length / 2)];
            var text = await decoder.CompleteAsync(prompt, options);
            right += doc.At >= 0 && Regex.Match(reader.Remove(text), @"\d+").Value == doc.Answer ? 1 : 0;
            called += reader.Find(text).Any(f => f.Form == CallForm.CallWithResult) ? 1 : 0;
            if (k == 10 && all++ < 3)
                Console.WriteLine($"      {prompt} >>{text.ReplaceLineEndings("|")}");
        }
        Set(figures, $"{arm}@{k}", new JsonObject { ["accuracy"] = Share(right, sums.Length), ["call_rate"] = Share(called, sums.Length + others.Length) });
    }
    var mark = model.Tokenizer.EncodePlain("a" + CallMarks.Default.Open)[^1];
    var requests = docs.Select(d => new ScoringRequest(model.Engine.Encode(""), model.Tokenizer.EncodePlain(d.Text)) { Watched = mark });
    var (loss, tokens) = (0.0, 0);
    await foreach (var scores in model.Engine.ScoreAsync(requests)) // p(mark) = 0: the other tokens share its probability
        (loss, tokens) = (loss - scores.Sum(s => s.LogProbability - Math.Log(1 - Math.Exp(s.Watched!.Value))), tokens + scores.Count);
    Set(figures, $"{arm}: perplexity without calls", Math.Exp(loss / tokens));
}

static JsonNode Share(int part, int all) => all == 0 ? 0 : Math.Round((double)part / all, 4);

void Set(JsonObject figures, string name, JsonNode value)
{
    figures[name] = value;
    Print($"{name}: {value.ToJsonString()}");
}

// Pairs of operands: eight in ten seed the model, one in ten stands in the texts that it annotates, one in ten is never trained on.
enum Pairs { Seeding, Annotated, Unseen }

sealed record Plant(int At, ToolCall Call, string Result);

// Random numbers of one text.
sealed class Draws(RandomKey key, ulong text)
{
    ulong next = text << 12;
    public int Below(int n) => Philox.Below(key, next++, n);
    public T Of<T>(T[] list) => list[Below(list.Length)];
}

// A text. At: where a call would help, before the blank before the answer; -1: nowhere.
sealed record Doc(string Text, int At, string Expression, string Answer)
{
    static readonly (char Op, string Text)[] sums =
    [
        ('+', "Tom had {a} stamps and got {b} more, so he has {r} stamps now."), ('+', "The red box holds {a} beads and the blue box {b}, together {r} beads."),
        ('+', "A club of {a} people took in {b} new ones and counts {r} people."), ('-', "Anna had {a} coins and gave away {b}, which leaves {r} coins."),
        ('-', "Of {a} seats in the hall {b} are taken, so {r} seats are free."), ('-', "A rope of {a} feet was cut by {b} feet and is {r} feet long."),
    ];
    static readonly string[] others =
    [
        "The house at {n} Oak Street was built in 19{m} by a {noun}.", "Bus {n} leaves at {m} from the {adjective} station.",
        "Page {n} of the {adjective} book has {m} words on it.", "The {adjective} {noun} saw the {adjective} {noun} near the {place}.",
        "A {adjective} {noun} and a {adjective} {noun} went to the {place}.", "In the {place} a {noun} met a {adjective} {noun} and a {noun}.",
        "No {noun} likes the {adjective} {place} at night.",
    ];
    static readonly string[] adjectives = ["old", "red", "small", "quiet", "brave", "green", "tall", "lazy"];
    static readonly string[] nouns = ["cat", "farmer", "king", "horse", "girl", "baker", "dog", "sailor"];
    static readonly string[] places = ["river", "market", "forest", "bridge", "castle", "garden"];

    public static Doc Draw(Draws draws, Pairs pairs)
    {
        var other = Filled(draws, draws.Of(others));
        if (draws.Below(2) == 0)
            return new Doc(draws.Below(2) == 0 ? other : $"{other} {Filled(draws, draws.Of(others))}", -1, "", "");
        var (op, template) = draws.Of(sums);
        int a, b;
        do
        {
            (a, b) = (100 + draws.Below(800), 100 + draws.Below(800));
        }
        while ((op == '+' ? a + b > 999 : a - b < 100)
            || ((a * 7919 + b * 104729) % 10) switch { 0 => Pairs.Unseen, 5 => Pairs.Annotated, _ => Pairs.Seeding } != pairs);
        var answer = $"{(op == '+' ? a + b : a - b)}";
        var filled = template.Replace("{a}", $"{a}").Replace("{b}", $"{b}");
        var at = filled.IndexOf(" {r}");
        var sentence = filled.Replace("{r}", answer);
        return draws.Below(2) == 0 ? new Doc(sentence, at, $"{a} {op} {b}", answer)
            : new Doc($"{other} {sentence}", other.Length + 1 + at, $"{a} {op} {b}", answer);
    }

    static string Filled(Draws draws, string template) => Regex.Replace(template, @"\{(\w+)\}", slot => slot.Groups[1].Value switch
    {
        "n" => $"{100 + draws.Below(100)}",
        "m" => $"{10 + draws.Below(90)}",
        "adjective" => draws.Of(adjectives),
        "noun" => draws.Of(nouns),
        _ => draws.Of(places),
    });
}
