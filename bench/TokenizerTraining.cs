// Training of the three kinds of tokenizers beside peers, all in one run, alternating; medians over the rounds, as a Markdown table.
//
//   NONET_PEER="COMMAND" dotnet run -c Release bench/TokenizerTraining.cs -- TEXT [--vocab 8000] [--rounds 5] [--threads 2]
//
// COMMAND gets "KIND TEXT VOCAB THREADS", KIND being bpe, wordpiece, unigram (Hugging Face's tokenizers) or sentencepiece, and must print "seconds X": of the
// work alone, without its start and without reading the file. bench/peer_trainers.py is one. All learn from lines. Build first: dotnet build -c Release
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property TieredCompilation=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var peer = Environment.GetEnvironmentVariable("NONET_PEER");
if (string.IsNullOrWhiteSpace(peer) || args is not [var path, ..])
{
    Console.Error.WriteLine("usage: NONET_PEER=\"COMMAND\" dotnet run -c Release bench/TokenizerTraining.cs -- TEXT [--vocab 8000] [--rounds 5] [--threads 2]");
    return 2;
}
var (vocab, rounds, threads) = (Option("--vocab", 8000), Option("--rounds", 5), Option("--threads", 2));
var lines = File.ReadAllLines(path).Where(l => l.Length > 0).ToArray();
var megabytes = new FileInfo(path).Length / 1e6;
(string Peer, TokenizerTrainerOptions Options)[] kinds =
[
    ("bpe", new BpeTrainerOptions { Vocab = vocab }),
    ("wordpiece", new WordPieceTrainerOptions { Vocab = vocab }),
    ("unigram", new UnigramTrainerOptions { Vocab = vocab, ByteFallback = false }),
    ("sentencepiece", new UnigramTrainerOptions { Vocab = vocab, ByteFallback = false }),
];
var (ours, theirs) = (Array.ConvertAll(kinds, _ => new List<double>()), Array.ConvertAll(kinds, _ => new List<double>()));
for (var round = 0; round < rounds; round++)
{
    for (var k = 0; k < kinds.Length; k++)
    {
        var start = Stopwatch.GetTimestamp();
        kinds[k].Options.Train(lines, threads);
        ours[k].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        theirs[k].Add(Peer($"{kinds[k].Peer} {path} {vocab} {threads}"));
    }
}
Console.WriteLine($"| {vocab} ids from {megabytes:0.0} MB, {threads} threads; peer | s | peer, s | ratio |");
Console.WriteLine("|---|---|---|---|");
for (var k = 0; k < kinds.Length; k++)
    Console.WriteLine($"| {kinds[k].Peer} | {Median(ours[k]):0.00} | {Median(theirs[k]):0.00} | **{Median(theirs[k]) / Median(ours[k]):0.0}** |");
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
