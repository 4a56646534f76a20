// Feeds every reader files that are almost right, in processes of their own, and demands of each case: read, or refused by an exception of the project's own
// kinds that names the file, within 2 s and 2 GB. The seed and the number of a case determine its files.
//
//   dotnet run -c Release --project bench/fuzz -- [--cases 100000] [--first 0] [--seed 1] [--reader NAME] [--processes N]
//   dotnet run -c Release --project bench/fuzz -- --case K [--seed 1] [--keep FOLDER]      one case in this process, its exception in full
//   dotnet run -c Release --project bench/fuzz -- --messages ...                           also the different messages of refusals, to be read
using System.Globalization;
using Nonet.Fuzz;

if (args is [Worker.Verb, var workerSeed, var times])
{
    Worker.Run(Int(workerSeed), Console.In.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Int), Int(times));
    return 0;
}
var seed = Int(Option("--seed") ?? "1");
if (Option("--case") is { } one)
{
    var folder = Directory.CreateDirectory(Option("--keep") ?? Path.Combine(Path.GetTempPath(), $"nonet-fuzz-case-{one}")).FullName;
    var tried = new Case(seed, Int(one));
    Console.WriteLine($"case {one} of seed {seed}: {tried.Reader.Name}, {(tried.IsSound ? "sound" : "damaged")}; its files are in {folder}");
    var outcome = tried.Run(folder, Console.WriteLine);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{outcome.Verdict}, {outcome.Milliseconds:F0} ms, {outcome.PeakMegabytes:F0} MB: {outcome.Message}"));
    return outcome.Verdict == Verdict.Failed ? 1 : 0;
}
var first = Int(Option("--first") ?? "0");
var numbers = Enumerable.Range(first, Int(Option("--cases") ?? "100000")).Where(n => Option("--reader") is not { } reader || AllReaders.Of(n).Name == reader)
    .ToArray();
if (numbers.Length == 0)
    throw new ArgumentException($"no case of a reader {Option("--reader")}; expected one of: {string.Join(", ", AllReaders.Names)}");
var shown = new HashSet<(string, string)>();
var campaign = new Campaign(seed, outcome =>
{
    if (shown.Add(Report.Shape(outcome)))
        Console.WriteLine($"FAILED case {outcome.Number}, {AllReaders.Of(outcome.Number).Name}: {outcome.Message}");
});
var watch = System.Diagnostics.Stopwatch.StartNew();
campaign.Run(numbers, Int(Option("--processes") ?? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)));
Report.Print(campaign.Outcomes, watch.Elapsed, messages: args.Contains("--messages"));
return campaign.Outcomes.Exists(o => o.Verdict == Verdict.Failed) ? 1 : 0;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var i ? args[i + 1] : null;

static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
