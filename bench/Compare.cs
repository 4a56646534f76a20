// Nonet beside a peer, both in one run, alternating; medians over the rounds, as a Markdown table.
//
//   NONET_PEER="COMMAND" dotnet run -c Release bench/Compare.cs -- train|encoders|matmul [--rounds 3] [--threads 1,2] [--only TEXT]
//
// For encoders COMMAND gets "transformer|bert dim=.. layers=.. heads=.. hidden=.. context=.. batch=.. vocab=.. steps=.. threads=.." and must print
// "tokens_per_s X", of tokens without padding:
// bench/TorchSharpPeer.cs does. For the others it gets "gpt2|llama dim=.. layers=.. heads=.. context=.. batch=.. vocab=.. steps=.. threads=.." or "matmul m=..
// n=.. k=.. ta=.. tb=.. threads=.." and must print "step_ms X" or "gflops X". It must end up as one process (exec), whose memory is read. Build first: dotnet
// build -c Release
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var peer = Environment.GetEnvironmentVariable("NONET_PEER");
if (string.IsNullOrWhiteSpace(peer) || args is not ["train" or "encoders" or "matmul", ..])
{
    Console.Error.WriteLine(
        "usage: NONET_PEER=\"COMMAND\" dotnet run -c Release bench/Compare.cs -- train|encoders|matmul [--rounds 3] [--threads 1,2] [--only TEXT]");
    return 2;
}
var rounds = int.Parse(Option("--rounds", "3"));
var threads = Option("--threads", args[0] == "matmul" ? "1,2" : "2").Split(',').Select(int.Parse).ToArray();
var only = Option("--only", "");
var nonet = Path.Combine(Directory.GetCurrentDirectory(), "src/Nonet.Cli/bin/Release/net10.0/nonet.dll");
return args[0] switch { "train" => Train(), "encoders" => Encoders(), _ => MatMul() };

string Option(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : otherwise;

int Train()
{
    (string Name, string Model, int Dim, int Layers, int Heads, int Context, int Batch, int Steps)[] cases =
    [
        ("GPT-2 10.8 M, 16 x 256", "gpt2", 384, 6, 6, 256, 16, 8),
        ("LLaMA 10.7 M, 16 x 256", "llama", 384, 6, 6, 256, 16, 8),
        ("GPT-2 0.8 M, 12 x 64", "gpt2", 128, 4, 4, 64, 12, 60),
    ];
    Console.WriteLine("| training step | threads | tokens/s | peer | ratio | peak MiB | peer | ratio | collections in the timed steps | bytes allocated a "
        + "step |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
    foreach (var c in cases.Where(c => c.Name.Contains(only, StringComparison.Ordinal)))
    {
        foreach (var t in threads)
        {
            List<double> ours = [], theirs = [], memory = [], theirMemory = [];
            var (collections, allocated) = (0.0, 0.0);
            for (var round = 0; round < rounds; round++)
            {
                var (text, peak) = Run("dotnet",
                    $"{nonet} bench train --model {c.Model} --dim {c.Dim} --layers {c.Layers} --heads {c.Heads} --context {c.Context} --batch {c.Batch} "
                    + $"--vocab 65 --steps {c.Steps} --threads {t} --json");
                ours.Add(Field(text, "\"step_ms\":"));
                memory.Add(peak);
                (collections, allocated) = (collections + Field(text, "\"gc_collections\":"), Field(text, "\"allocated_bytes_per_step\":"));
                (text, peak) = Run(peer,
                    $"{c.Model} dim={c.Dim} layers={c.Layers} heads={c.Heads} context={c.Context} batch={c.Batch} vocab=65 steps={c.Steps} threads={t}");
                theirs.Add(Field(text, "step_ms "));
                theirMemory.Add(peak);
            }
            var tokens = c.Batch * c.Context * 1e3;
            Console.WriteLine($"| {c.Name} | {t} | {tokens / Median(ours):N0} | {tokens / Median(theirs):N0} | **{Median(theirs) / Median(ours):0.00}** | "
                + $"{Median(memory):0} | {Median(theirMemory):0} | **{Median(memory) / Median(theirMemory):0.00}** | {collections} | {allocated:N0} |");
        }
    }
    return 0;
}

int Encoders()
{
    (string Name, string Model, (string Name, int Value)[] Options)[] cases =
    [
        ("Transformer, 3 + 3 layers, 94 pairs of 8 to 24 tokens", "transformer",
            [("dim", 256), ("layers", 3), ("heads", 4), ("hidden", 1024), ("context", 24), ("batch", 94), ("vocab", 8000), ("steps", 22)]),
        ("BERT, 4 layers, 32 x 128", "bert",
            [("dim", 256), ("layers", 4), ("heads", 4), ("hidden", 1024), ("context", 128), ("batch", 32), ("vocab", 8192), ("steps", 12)]),
    ];
    Console.WriteLine("| training step | threads | tokens/s | peer | ratio | peak MiB | peer | ratio |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|");
    foreach (var c in cases.Where(c => c.Name.Contains(only, StringComparison.Ordinal)))
    {
        foreach (var t in threads)
        {
            List<double> ours = [], theirs = [], memory = [], theirMemory = [];
            for (var round = 0; round < rounds; round++)
            {
                var (text, peak) = Run("dotnet",
                    $"{nonet} bench train --model {c.Model} {string.Join(' ', c.Options.Select(o => $"--{o.Name} {o.Value}"))} --threads {t} --json");
                ours.Add(Field(text, "\"tokens_per_s\":"));
                memory.Add(peak);
                (text, peak) = Run(peer, $"{c.Model} {string.Join(' ', c.Options.Select(o => $"{o.Name}={o.Value}"))} threads={t}");
                theirs.Add(Field(text, "tokens_per_s "));
                theirMemory.Add(peak);
                Console.Error.WriteLine($"{c.Model} {t} threads, round {round + 1}: {ours[^1]:N0} and {theirs[^1]:N0} tokens/s");
            }
            Console.WriteLine($"| {c.Name} | {t} | {Median(ours):N0} | {Median(theirs):N0} | **{Median(ours) / Median(theirs):0.00}** | {Median(memory):0} "
                + $"| {Median(theirMemory):0} | **{Median(memory) / Median(theirMemory):0.00}** |");
        }
    }
    return 0;
}

int MatMul()
{
    (int M, int N, int K)[] shapes =
        [(512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (4096, 384, 384), (4096, 1152, 384), (4096, 1536, 384), (4096, 384, 1536)];
    Console.WriteLine("| M x N x K | A B | threads | GFLOP/s | peer | ratio |");
    Console.WriteLine("|---|---|---|---|---|---|");
    var logs = new List<double>();
    foreach (var t in threads)
    {
        foreach (var (m, n, k) in shapes)
        {
            foreach (var (ta, tb) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
            {
                List<double> ours = [], theirs = [];
                for (var round = 0; round < rounds; round++)
                {
                    ours.Add(Field(Run("dotnet",
                        $"{nonet} bench matmul --m {m} --n {n} --k {k}{(ta == 1 ? " --ta" : "")}{(tb == 1 ? " --tb" : "")} --threads {t} --json").Text,
                        "\"gflops\":"));
                    theirs.Add(Field(Run(peer, $"matmul m={m} n={n} k={k} ta={ta} tb={tb} threads={t}").Text, "gflops "));
                }
                logs.Add(Math.Log(Median(ours) / Median(theirs)));
                Console.WriteLine($"| {m} x {n} x {k} | {(ta == 1 ? "Aᵀ" : "A")} {(tb == 1 ? "Bᵀ" : "B")} | {t} | {Median(ours):0} | {Median(theirs):0} | "
                    + $"{Math.Exp(logs[^1]):0.00} |");
            }
        }
    }
    Console.WriteLine($"\nGeometric mean of {logs.Count} ratios: **{Math.Exp(logs.Average()):0.000}**");
    return 0;
}

// Runs a command to its end: what it wrote to standard output, and the most memory it held (VmHWM, read every 20 ms).
(string Text, double PeakMiB) Run(string program, string arguments)
{
    var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
    start.ArgumentList.Add("-c");
    start.ArgumentList.Add($"exec {program} {arguments}");
    using var process = Process.Start(start)!;
    var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    var peak = 0.0;
    while (!process.WaitForExit(20))
    {
        try
        {
            if (File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
                peak = Math.Max(peak, double.Parse(Regex.Match(line, @"\d+").Value) / 1024);
        }
        catch (IOException)
        {
            break; // it ended between the two calls
        }
    }
    process.WaitForExit();
    return process.ExitCode == 0 ? (output.Result, peak)
        : throw new InvalidOperationException($"{program} {arguments}: exit code {process.ExitCode}\n{errors.Result}");
}

static double Field(string text, string name) =>
    Regex.Match(text, Regex.Escape(name) + @"\s*([0-9.eE+-]+)") is { Success: true } match ? double.Parse(match.Groups[1].Value)
    : throw new FormatException($"no '{name}' in: {text}");

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
