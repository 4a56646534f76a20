// Memory and speed of QLoRA: adapters in F32 on a frozen model in its GGUF file, one sequence of 512 tokens a step, with recomputed blocks.
//
//   dotnet run -c Release bench/QLora.cs -- MODEL.gguf [steps] [rank] [tokens] [threads]
//
// Prints the loss, the tokens/s (median of the steps but the first) and the most memory that the process held, mapped pages of the file included.
// bench/qlora_peer.py is the same in PyTorch, in F32.
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Data.Instructions;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Training;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var (steps, rank, tokens, threads) = (Number(1, 4), Number(2, 16), Number(3, 512), Number(4, Environment.ProcessorCount));
using var device = new CpuDevice(threads);
using var store = new ParameterStore(device);
var file = ModelFile.Open(args[0]);
var model = file.Config.Create(store.Root);
model.Checkpointing = true;
using var adapter = PeftAdapter.Attach(model, rank, 2 * rank, ["matrix"]);
store.FillForTraining(1, file.Weights);
using var optimizer = new AdamW(store, new AdamWOptions { WeightDecay = 0 });
var ids = Enumerable.Range(0, tokens + 1).Select(i => Philox.Below(new RandomKey(1, 0, 0), (ulong)i, model.Vocab)).ToArray();
SupervisedTokens[] example = [new(ids, [.. ids.Select(_ => true)])];
var trained = store.Trainable.Sum(p => p.Elements);
Console.WriteLine($"{trained:N0} weights trained, {store.Count - trained:N0} frozen, {file.Tensors.Tensors.Values.Sum(t => t.Bytes) / 1e9:0.00} GB of weights");
var times = new List<double>();
for (var step = 0; step < steps; step++)
{
    var clock = Stopwatch.StartNew();
    var loss = MicroBatch.Backward(tokens, tokens, () => model.Loss(example));
    optimizer.Step(1e-4, clip: 1);
    times.Add(clock.Elapsed.TotalSeconds);
    Console.WriteLine($"step {step + 1}: loss {loss:0.00000}, {tokens / times[^1]:0.0} tokens/s");
}
using var process = Process.GetCurrentProcess();
var sorted = times.Skip(1).DefaultIfEmpty(times[0]).Order().ToArray();
var perCpu = tokens * times.Count / process.TotalProcessorTime.TotalSeconds;
var (rate, peak) = (tokens / sorted[sorted.Length / 2], process.PeakWorkingSet64 / 1e9);
Console.WriteLine($"{rate:0.0} tokens/s, {perCpu:0.0} tokens per CPU second, {peak:0.000} GB resident at most");

int Number(int place, int otherwise) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;
