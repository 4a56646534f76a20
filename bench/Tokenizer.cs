// Tokenizers beside a peer, both in one run, alternating; medians over the rounds, as a Markdown table.
//
//   NONET_PEER="COMMAND" dotnet run -c Release bench/Tokenizer.cs -- TEXT [--vocab 8192] [--rounds 5] [--threads 2]
//     trains a byte-level BPE, and encodes with it
//   NONET_PEER="COMMAND" dotnet run -c Release bench/Tokenizer.cs -- encode MODEL TEXT [--rounds 5]
//     encodes with an existing tokenizer: a folder or a file
//
// COMMAND gets "train TEXT VOCAB THREADS", or "encode TEXT TOKENIZER" for one thread: a folder with tokenizer.json, or MODEL itself where that is a
// SentencePiece model (.model). It must print "seconds X": of the work alone, without its start and without reading files. bench/peer_tokenizers.py is one for
// Hugging Face's tokenizers and sentencepiece. Folders are made where TMPDIR says. Build first: dotnet build -c Release
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property TieredCompilation=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Text;
using Nonet.Text.Bpe;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var peer = Environment.GetEnvironmentVariable("NONET_PEER");
if (string.IsNullOrWhiteSpace(peer) || args.Length == 0 || (args[0] == "encode" && args.Length < 3))
{
    Console.Error.WriteLine(
        "usage: NONET_PEER=\"COMMAND\" dotnet run -c Release bench/Tokenizer.cs -- TEXT [--vocab 8192] [--rounds 5] [--threads 2] | encode MODEL TEXT "
        + "[--rounds 5]");
    return 2;
}
var (vocab, rounds, threads) = (Option("--vocab", 8192), Option("--rounds", 5), Option("--threads", 2));
var model = args[0] == "encode" ? args[1] : null;
var path = model is null ? args[0] : args[2];
var text = File.ReadAllText(path);
var megabytes = System.Text.Encoding.UTF8.GetByteCount(text) / 1e6;
var folder = Directory.CreateTempSubdirectory("nonet-bench-").FullName;
var isSentencePiece = model?.EndsWith(".model", StringComparison.Ordinal) == true;
if (model is not null && !isSentencePiece)
    Tokenizer.Load(model).Save(folder);
List<double> train = [], theirTrain = [], encode = [], theirEncode = [];
for (var round = 0; round < rounds; round++)
{
    if (model is null)
    {
        var begin = Stopwatch.GetTimestamp();
        var trained = BpeTrainer.Train([text], new BpeTrainerOptions { Vocab = vocab }, threads);
        train.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        theirTrain.Add(Peer($"train {path} {vocab} {threads}"));
        trained.Save(folder);
    }
    var opened = Tokenizer.Load(isSentencePiece ? model! : folder); // anew, without the words that it met the last time
    var start = Stopwatch.GetTimestamp();
    opened.EncodePlain(text);
    encode.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
    theirEncode.Add(Peer($"encode {path} {(isSentencePiece ? model : folder)}"));
}
Directory.Delete(folder, recursive: true);
Console.WriteLine("| what | threads | MB/s | peer | ratio |");
Console.WriteLine("|---|---|---|---|---|");
if (model is null)
    Console.WriteLine($"| train {vocab} ids on {megabytes:0.0} MB | {threads} | {megabytes / Median(train):0.0} | {megabytes / Median(theirTrain):0.0} | "
        + $"**{Median(theirTrain) / Median(train):0.0}** |");
Console.WriteLine($"| encode {megabytes:0.0} MB{(model is null ? "" : $", {Path.GetFileName(model.TrimEnd('/'))}")} | 1 | {megabytes / Median(encode):0.0} "
    + $"| {megabytes / Median(theirEncode):0.0} | **{Median(theirEncode) / Median(encode):0.0}** |");
return 0;

int Option(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? int.Parse(args[i + 1]) : otherwise;

double Peer(string arguments)
{
    var start = new ProcessStartInfo("/bin/sh", ["-c", $"{peer} {arguments}"]) { RedirectStandardOutput = true };
    using var process = Process.Start(start)!;
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return Regex.Match(output, @"seconds ([0-9.e-]+)") is { Success: true } match ? double.Parse(match.Groups[1].Value)
        : throw new FormatException($"no 'seconds' in: {output}");
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
