// The decoding engine under many requests on a tiny model: its overhead a step against a bare loop, garbage a token, resident memory over ten thousand
// requests.
//
//   dotnet run -c Release bench/Serve.cs -- [--requests 10000] [--threads 1]
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Tokens = 1000;
using var device = new CpuDevice(new CpuOptions { Threads = Option("--threads", 1) });
using var store = new ParameterStore(device);
var model = new Llama(new LlamaConfig { Vocab = 512, Context = 2048, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, HeadWidth = 16, Hidden = 176 },
    store.Root);
store.FillForTraining(seed: 1);
var greedy = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = Tokens };
var prompt = Ids(16, site: 0);

double[] bare = new double[7], engined = new double[7], garbage = new double[7];
for (var round = 0; round < bare.Length; round++)
{
    bare[round] = Bare();
    using var engine = new DecodingEngine(model);
    await Generate(engine, prompt, greedy with { MaxTokens = 50 });
    var (before, start) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
    await Generate(engine, prompt, greedy);
    engined[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Tokens;
    garbage[round] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Tokens;
}
Console.WriteLine($"a step of one sequence: bare loop {Median(bare):0.0} us, engine {Median(engined):0.0} us; garbage {Median(garbage):0} bytes a token");

using (var engine = new DecodingEngine(model))
{
    var start = Stopwatch.GetTimestamp();
    await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Generate(engine, Ids(16, site: (uint)i), greedy))));
    Console.WriteLine($"8 sequences together: {8 * Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds:0} tokens/s, "
        + $"{Stopwatch.GetElapsedTime(start).TotalMicroseconds / engine.Counts.Steps:0.0} us a step");
}

using (var engine = new DecodingEngine(model, options: new EngineOptions { CacheTokens = 4096 }))
{
    var requests = Option("--requests", 10_000);
    for (var done = 0; done < requests; done += requests / 10)
    {
        var first = done;
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= requests / 10;)
                await Generate(engine, Ids(8 + i % 40, site: (uint)(first + i)),
                    greedy with { MaxTokens = 8, Sampler = new SamplerOptions { Seed = (ulong)i } });
        })));
        Console.WriteLine($"{done + requests / 10} requests: {Process.GetCurrentProcess().WorkingSet64 / 1e6:0.0} MB resident, "
            + $"{GC.GetTotalMemory(forceFullCollection: true) / 1e6:0.0} MB managed, {device.Pool.AllocatedBytes / 1e6:0.0} MB of buffers");
    }
    Console.WriteLine($"{engine.Counts}");
}

// The same work without an engine.
double Bare()
{
    using var cache = new KvCache(model, limit: 2048);
    var sequence = cache.Begin();
    var sampler = new Sampler(SamplerOptions.Greedy, prompt, Tokens);
    var next = Step(prompt);
    var start = Stopwatch.GetTimestamp();
    for (var i = 0; i < Tokens; i++)
        next = Step([next]);
    return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Tokens;

    int Step(ReadOnlySpan<int> ids)
    {
        using var scope = new TensorScope();
        var hidden = model.Forward(cache.Append(sequence, ids), cache);
        var id = sampler.Sample(model.Output(Ops.Slice(hidden, 0, ids.Length - 1, 1)).AsSpan<float>()).Id;
        sampler.Accept(id);
        return id;
    }
}

static async Task Generate(DecodingEngine engine, int[] prompt, GenerationOptions options)
{
    await foreach (var _ in engine.Generate(prompt, options))
    {
    }
}

static int[] Ids(int count, uint site) => [.. Enumerable.Range(0, count).Select(i => Philox.Below(new RandomKey(1, 0, site), (ulong)i, 512))];

int Option(string name, int otherwise) => Array.IndexOf(args, name) is var i and >= 0 ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : otherwise;

static double Median(double[] x)
{
    Array.Sort(x);
    return x[x.Length / 2];
}
