// Speed of supervised fine-tuning with examples packed end to end against batches padded to their longest example, on the tasks of Natural Instructions.
//
//   dotnet run -c Release bench/PackedSft.cs -- FOLDER [updates] [batch] [threads]      FOLDER: task files (*.json) with Definition and Instances
//
// A LLaMA of 8 layers and width 256 over bytes, context 2,048; each update is computed both ways, alternating. Prints tokens of the examples per second,
// padding not counted.
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Nonet.Data.Instructions;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Context = 2048;
var (updates, size, threads) = (Number(1, 8), Number(2, 16), Number(3, Environment.ProcessorCount));
var encoder = new InstructionEncoder(new ByteTokenizer(), null);
var all = Directory.GetFiles(args[0], "*.json").Order(StringComparer.Ordinal).SelectMany(Read).Where(e => e.Count <= Context).ToArray();
using var device = new CpuDevice(threads);
using var store = new ParameterStore(device);
var config = new LlamaConfig { Vocab = 257, Context = Context, Layers = 8, Width = 256, Heads = 8, KvHeads = 8, HeadWidth = 32, Hidden = 688 };
var model = (ICausalModel)config.Create(store.Root);
store.FillForTraining(1);
using var optimizer = new AdamW(store);
var (packed, padded, tokens, filled) = (0.0, 0.0, 0L, 0L);
for (var update = 0; update <= updates; update++)
{
    SupervisedTokens[] batch = [.. Enumerable.Range(0, size).Select(i => all[Philox.Below(new RandomKey(1, (uint)update, 0), (ulong)i, all.Length)])];
    var longest = batch.Max(e => e.Ids.Length);
    SupervisedTokens[] wide =
        [.. batch.Select(e => new SupervisedTokens([.. e.Ids, .. new int[longest - e.Ids.Length]], [.. e.Supervised, .. new bool[longest - e.Ids.Length]]))];
    var (first, second) = (Seconds(batch), Seconds(wide));
    if (update == 0)
        continue; // warm-up
    (packed, padded, tokens, filled) = (packed + first, padded + second, tokens + batch.Sum(e => (long)e.Count), filled + (long)size * longest);
}
var (fast, slow) = (tokens / packed, tokens / padded);
Console.WriteLine($"{all.Length} examples; packed {fast:0} tokens/s, padded {slow:0} tokens/s: {fast / slow:0.00} x; padding is "
    + $"{1 - (double)tokens / filled:0.0%} of a padded batch");

double Seconds(SupervisedTokens[] batch)
{
    var clock = Stopwatch.StartNew();
    var total = batch.Sum(e => (long)e.Targets);
    for (var i = 0; i < batch.Length; i += 4) // four examples at a time, so that both fit in memory
    {
        var pass = batch[i..Math.Min(batch.Length, i + 4)];
        MicroBatch.Backward(pass.Sum(e => (long)e.Targets), total, () => model.Loss(pass));
    }
    optimizer.Step(1e-4, clip: 1);
    return clock.Elapsed.TotalSeconds;
}

IEnumerable<SupervisedTokens> Read(string file)
{
    using var json = JsonDocument.Parse(File.ReadAllBytes(file));
    var definition = json.RootElement.GetProperty("Definition");
    var text = definition.ValueKind == JsonValueKind.Array ? definition[0].GetString()! : definition.GetString()!;
    var number = 0;
    foreach (var instance in json.RootElement.GetProperty("Instances").EnumerateArray())
    {
        var output = instance.GetProperty("output");
        var answer = output.ValueKind == JsonValueKind.Array ? output[0].GetString()! : output.GetString()!;
        if (answer.Length > 0)
            yield return encoder.Encode(
                InstructionExample.Text($"{text}\n\n{instance.GetProperty("input").GetString()}\n\n", answer, new ExamplePlace(file, $"instance {++number}")));
    }
}

int Number(int place, int otherwise) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;
