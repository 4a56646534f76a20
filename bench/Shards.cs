// Tokenizing a large text into mapped files: rate and peak memory.
//
//   dotnet run -c Release bench/Shards.cs -- FOLDER-OF-TEXTS [--megabytes 1000] [--threads 2] [--vocab 8192]
//
// Makes a text of that size from the paragraphs of the texts, drawn at random (one file, without a separator), trains a tokenizer on the texts, and tokenizes
// the file in a process of its own. Build first: dotnet build -c Release
#:project ../src/Nonet.Core/Nonet.Core.csproj
#:property PublishAot=false
#:property TieredCompilation=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Bpe;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--tokenize", var file, var tokenizer, var cache, var threadCount])
{
    var start = Stopwatch.GetTimestamp();
    using var data = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = file }], Validation = 0.01 }, Tokenizer.Load(tokenizer), cache,
        int.Parse(threadCount));
    var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    var bytes = data.Train[0].TextBytes + data.HeldOut.TextBytes;
    var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
    Console.WriteLine($"| {bytes / 1e6:N0} MB, {data.Train[0].Documents + data.HeldOut.Documents:N0} documents | {threadCount} | {seconds:0.0} | "
        + $"**{bytes / 1e6 / seconds:0.0}** | **{int.Parse(peak) / 1024.0:0}** | {data.Train[0].Count + data.HeldOut.Count:N0} |");
    return 0;
}
if (args is not [var texts, ..])
{
    Console.Error.WriteLine("usage: dotnet run -c Release bench/Shards.cs -- FOLDER-OF-TEXTS [--megabytes 1000] [--threads 2] [--vocab 8192]");
    return 2;
}
var folder = Directory.CreateTempSubdirectory("nonet-shards-").FullName;
try
{
    var books = Corpus.Read(new DataSource { Path = texts }).Select(d => d.Text).ToList();
    BpeTrainer.Train(books, new BpeTrainerOptions { Vocab = Option("--vocab", 8192) }).Save(folder);
    var paragraphs = books.SelectMany(b => b.Split("\n\n")).Where(p => p.Length > 0).Select(p => Encoding.UTF8.GetBytes(p + "\n\n")).ToArray();
    using (var large = File.Create(Path.Combine(folder, "large.txt"), 1 << 20))
    {
        for (var i = 0UL; large.Length < Option("--megabytes", 1000) * 1_000_000L; i++)
            large.Write(paragraphs[Philox.Below(new RandomKey(1, 0, 0), i, paragraphs.Length)]);
    }
    Console.WriteLine("| text | threads | s | MB/s | peak MiB | tokens |");
    Console.WriteLine("|---|---|---|---|---|---|");
    using var process = Process.Start(new ProcessStartInfo("dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Shards.dll"), "--tokenize", Path.Combine(folder, "large.txt"), folder, Path.Combine(folder, "cache"),
            Option("--threads", 2).ToString()]))!;
    process.WaitForExit();
    return process.ExitCode;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

int Option(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? int.Parse(args[i + 1]) : otherwise;
