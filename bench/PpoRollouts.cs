// Share of a PPO iteration that goes into writing responses, and tokens per second of the rollouts beside a loop without batches and without a cache.
//
//   dotnet run -c Release bench/PpoRollouts.cs -- [--threads 1] [--iterations 3] [--out runs/ppo-rollouts]
//
// Build first: dotnet build -c Release
#:project ../src/Nonet.Recipes/Nonet.Recipes.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

const int Tokens = 48, Batch = 64;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var threads = int.Parse(Option("--threads", "1"));
using var device = new CpuDevice(threads);
var folder = Option("--out", Path.Combine(Path.GetTempPath(), "nonet-ppo-rollouts"));
Directory.CreateDirectory(folder);
var prompts = Path.Combine(folder, "prompts.jsonl");
File.WriteAllLines(prompts, Enumerable.Range(0, 200).Select(i => new JsonObject { ["prompt"] = $"Number {i}: it was a dark night, and" }.ToJsonString()));

foreach (var (name, layers, width, hidden) in new[] { ("0.5M", 3, 128, 320), ("10M", 6, 384, 1024) })
{
    var config = new LlamaConfig
    {
        Vocab = 257, Context = 128, Layers = layers, Width = width, Heads = 4, KvHeads = 4, HeadWidth = width / 4, Hidden = hidden
    };
    using var store = new ParameterStore(device);
    var model = (ICausalModel)config.Create(store.Root);
    store.FillForTraining(1);
    var start = Path.Combine(folder, name);
    HuggingFaceFolder.Save(start, config, store, new ByteTokenizer());

    var watching = new Watching();
    var run = Path.Combine(folder, $"ppo-{name}");
    if (Directory.Exists(run))
        Directory.Delete(run, recursive: true);
    var recipe = Path.Combine(folder, name + ".yaml");
    File.WriteAllText(recipe, $$"""
        task: ppo
        from: {{start}}
        data:
          prompts: {{prompts}}
        rewards: [{kind: words, words: [the, and, was]}]
        training:
          episodes: {{Batch * int.Parse(Option("--iterations", "3"))}}
          batch: {{Batch}}
          minibatch: 16
          response_tokens: {{Tokens}}
          evaluation_prompts: 4
        """);
    TrainRecipe.Run(TrainingRecipe.Load(recipe), device, run, threads: threads, progress: watching);
    double[] shares = [.. watching.Iterations.Select(m => Of(m, "generation_seconds") / (Of(m, "rollout_seconds") + Of(m, "update_seconds"))).Order()];

    var layout = new PromptLayout(new ByteTokenizer());
    Prompt[] asked = [.. Prompt.Read(prompts).Take(Batch)];
    using var rollouts = new Rollouts(model, layout, config.Context, Batch);
    rollouts.Write(asked, new RolloutOptions { MaxTokens = Tokens, Seed = 1 });
    rollouts.Forget();
    var (batched, plain) = (new List<double>(), new List<double>());
    for (var round = 0; round < 3; round++) // by turns, since the machine may be busy
    {
        var clock = Stopwatch.GetTimestamp();
        var written = rollouts.Write(asked, new RolloutOptions { MaxTokens = Tokens, Seed = (ulong)round }).Sum(r => r.Ids.Length);
        batched.Add(written / Stopwatch.GetElapsedTime(clock).TotalSeconds);
        rollouts.Forget();
        clock = Stopwatch.GetTimestamp();
        plain.Add(asked.Take(4).Sum(p => Plainly(model, layout.Prompt(p), round)) / Stopwatch.GetElapsedTime(clock).TotalSeconds);
    }
    var (fast, slow) = (Median(batched), Median(plain));
    Console.WriteLine($"{name}: {store.Count:N0} weights, {threads} thread(s): generation takes {100 * shares[shares.Length / 2]:0} % of an iteration "
        + $"({100 * shares[0]:0} to {100 * shares[^1]:0} %); rollouts {fast:N0} tokens/s, one by one without a cache {slow:N0}: {fast / slow:0.0} x");
}

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

static double Of(Measured measured, string score) => measured.Scores.Single(s => s.Name == score).Value;

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

// One response, each token after a pass over everything before it
int Plainly(ICausalModel model, int[] prompt, int seed)
{
    List<int> ids = [.. prompt];
    while (ids.Count < prompt.Length + Tokens && ids[^1] != 256)
    {
        using var scope = new TensorScope();
        var hidden = Ops.Embedding(model.Forward(Nonet.Models.Batch.Of(device, [.. ids])), device.From([ids.Count - 1]));
        var logits = model.Output(hidden).ToDoubles();
        var (most, at) = (logits.Max(), 0);
        var p = Array.ConvertAll(logits, l => Math.Exp(l - most));
        for (var u = new Random(seed * 1000 + ids.Count).NextDouble() * p.Sum(); at < p.Length - 1 && (u -= p[at]) > 0;)
            at++;
        ids.Add(at);
    }
    return ids.Count - prompt.Length;
}

sealed class Watching : IProgress<RunEvent>
{
    public List<Measured> Iterations { get; } = [];

    public void Report(RunEvent e)
    {
        if (e is Measured measured)
            Iterations.Add(measured);
    }
}
