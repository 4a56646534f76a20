// Decoding after a long context against an empty one, and the time to the first token of a chat's second turn, on a mid-size LLaMA with random weights in F32.
//
//   dotnet run -c Release bench/LongContext.cs -- [--context 8192] [--kv F32|F16|Q8_0] [--threads N] [--width 1024] [--layers 12]
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
int context = Option("--context", 8192), threads = Option("--threads", Environment.ProcessorCount), width = Option("--width", 1024),
    layers = Option("--layers", 12), rounds = Option("--rounds", 5);
var type = Enum.Parse<DType>(Array.IndexOf(args, "--kv") is var at and >= 0 ? args[at + 1] : "F32");
using var device = new CpuDevice(new CpuOptions { Threads = threads });
using var store = new ParameterStore(device);
var config = new LlamaConfig { Vocab = 8192, Context = context + 256, Layers = layers, Width = width, Heads = width / 64, KvHeads = width / 256, HeadWidth = 64,
    Hidden = width * 11 / 4 / 64 * 64 };
var model = new Llama(config, store.Root);
store.FillForTraining(seed: 1);

using (var cache = new KvCache(model, limit: 2 * config.Context, type))
{
    int full = cache.Begin(), empty = cache.Begin();
    var watch = Stopwatch.StartNew();
    for (var done = 0; done < context; done += 512)
        Step(full, Ids(Math.Min(512, context - done), (uint)done));
    Console.WriteLine($"prefill of {context} tokens: {context / watch.Elapsed.TotalSeconds:0} tokens/s; keys and values "
        + $"{cache.BytesPerToken * (double)context / 1e6:0} "
        + $"MB in {type}, weights {store.Parameters.Sum(p => p.Elements) * 4 / 1e6:0} MB");
    double[] late = new double[rounds], early = new double[rounds];
    for (var round = 0; round < rounds; round++)
    {
        late[round] = Decode(full);
        early[round] = Decode(empty);
    }
    Array.Sort(late);
    Array.Sort(early);
    Console.WriteLine($"decoding: {1 / early[rounds / 2]:0.0} tokens/s after nothing, {1 / late[rounds / 2]:0.0} after {context} tokens: "
        + $"{early[rounds / 2] / late[rounds / 2]:0.00}");

    double Decode(int sequence)
    {
        const int Count = 8;
        var length = cache.Length(sequence);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Count; i++)
            Step(sequence, [i]);
        cache.Truncate(sequence, length);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / Count;
    }

    void Step(int sequence, int[] ids)
    {
        using var scope = new TensorScope();
        var hidden = model.Forward(cache.Append(sequence, ids), cache);
        model.Output(Ops.Slice(hidden, 0, ids.Length - 1, 1));
    }
}

using (var engine = new DecodingEngine(model, options: new EngineOptions { CacheType = type }))
{
    var first = await FirstToken(Ids(2000, 1));
    var second = await FirstToken([.. Ids(2000, 1), .. first.Ids, .. Ids(12, 2)]);
    Console.WriteLine($"a chat of 2000 tokens: first token after {first.Seconds:0.00} s, of the second turn after {second.Seconds:0.000} s: "
        + $"{second.Seconds / first.Seconds:0.000}");

    async Task<(double Seconds, int[] Ids)> FirstToken(int[] prompt)
    {
        var (start, seconds, ids) = (Stopwatch.GetTimestamp(), 0.0, new List<int>());
        await foreach (var token in engine.Generate(prompt, new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 20 }))
        {
            ids.Add(token.Id);
            if (ids.Count == 1)
                seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        return (seconds, [.. ids]);
    }
}

static int[] Ids(int count, uint site) => [.. Enumerable.Range(0, count).Select(i => Philox.Below(new RandomKey(1, 0, site), (ulong)i, 8192))];

int Option(string name, int otherwise) => Array.IndexOf(args, name) is var i and >= 0 ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : otherwise;
