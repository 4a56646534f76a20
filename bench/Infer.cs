// Prefill and decoding of a model: tokens a second, medians of several rounds, and the most memory that the process held.
//
//   dotnet run -c Release bench/Infer.cs -- MODEL [--prompt 128] [--generate 32] [--rounds 5] [--threads N]
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;

int prompt = Option("--prompt", 128), generate = Option("--generate", 32), rounds = Option("--rounds", 5);
var watch = Stopwatch.StartNew();
using var open = new LoadedModel(args[0], Array.IndexOf(args, "--threads") < 0 ? null : Option("--threads", 1));
var load = watch.Elapsed.TotalSeconds;
int[] ids = [.. Enumerable.Range(0, prompt).Select(i => Philox.Below(new RandomKey(1, 0, 0), (ulong)i, open.Model.Vocab))];
double[] prefill = new double[rounds], decode = new double[rounds];
for (var round = 0; round < rounds; round++)
{
    using var cache = new KvCache(open.Decoder, limit: prompt + generate);
    var sequence = cache.Begin();
    watch.Restart();
    Step(ids);
    prefill[round] = prompt / watch.Elapsed.TotalSeconds;
    watch.Restart();
    for (var i = 0; i < generate; i++)
        Step([ids[i % prompt]]);
    decode[round] = generate / watch.Elapsed.TotalSeconds;

    void Step(int[] tokens)
    {
        using var scope = new TensorScope();
        var hidden = open.Decoder.Forward(cache.Append(sequence, tokens), cache);
        open.Decoder.Output(Ops.Slice(hidden, 0, tokens.Length - 1, 1));
    }
}
using var process = Process.GetCurrentProcess();
Console.WriteLine(FormattableString.Invariant($"prefill {Median(prefill):N1}, decode {Median(decode):N1} tokens/s; opened in {load:N2} s; peak {process.PeakWorkingSet64 / 1e6:N0} MB"));

int Option(string name, int otherwise) => Array.IndexOf(args, name) is var i and >= 0 ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : otherwise;

static double Median(double[] x)
{
    Array.Sort(x);
    return x[x.Length / 2];
}
