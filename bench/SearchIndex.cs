// Makes an index of short passages with a vocabulary like that of a natural text, and times queries of 2 to 6 words.
//   dotnet run -c Release bench/SearchIndex.cs -- [passages, 1000000] [folder]
#:project ../src/Nonet.ToolUse/Nonet.ToolUse.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Diagnostics;
using System.Globalization;
using Nonet.ToolUse.Indexing;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var count = args.Length > 0 ? int.Parse(args[0]) : 1_000_000;
var folder = args.Length > 1 ? args[1] : Path.Combine(Path.GetTempPath(), "nonet-search-index");
var start = Stopwatch.GetTimestamp();
var cpu = Environment.CpuUsage.TotalTime;
var size = SearchIndexWriter.Write(folder, Enumerable.Range(0, count).Select(Passage));
Console.WriteLine($"{size.Passages:N0} passages, {size.Terms:N0} different words, {size.AllTerms:N0} words: "
    + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s, {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:0.0} s of CPU, "
    + $"peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB, {Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length) >> 20} MB on disk");

using (var index = SearchIndex.Open(folder))
{
    var random = new Random(7);
    var times = new List<double>();
    var cpuTimes = new List<double>();
    for (var i = 0; i < 320; i++)
    {
        var query = string.Join(' ', Enumerable.Range(0, 2 + i % 5).Select(_ => Word(random)));
        (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        index.Search(query, 5);
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        cpuTimes.Add((Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
    }
    times = [.. times.Skip(20).Order()]; // the first bring the files into memory and compile the code
    Console.WriteLine($"300 queries of 2 to 6 words, top 5: median {times[150]:0.0} ms, 95 % below {times[285]:0.0} ms, "
        + $"mean {cpuTimes.Skip(20).Average():0.0} ms of CPU");
}
Directory.Delete(folder, recursive: true);

// 20 to 60 words by Zipf's law (p(rank) about 1 / rank) over 500,000 words
static Passage Passage(int number)
{
    var random = new Random(number);
    return new Passage($"Title {number / 10}", string.Join(' ', Enumerable.Range(0, random.Next(20, 61)).Select(_ => Word(random))));
}

static string Word(Random random) => $"w{(int)Math.Exp(random.NextDouble() * Math.Log(500_000))}";
