using System.Diagnostics;
using System.Globalization;

namespace Nonet.Fuzz;

/// <summary>
/// Runs cases in processes that may die: a crash, a hang or too much memory ends a process, is noted with its case, and the next process goes on behind it.
/// </summary>
/// <param name="seed">Of all cases.</param>
/// <param name="failed">Told of each failure at once.</param>
sealed class Campaign(int seed, Action<Outcome> failed)
{
    /// <summary>What one case may take.</summary>
    public const int Seconds = 2, Megabytes = 2048;

    /// <summary>A process is replaced after so many cases.</summary>
    const int CasesOfProcess = 2000;

    /// <summary>A case that waits and does not work is ended after so long.</summary>
    static readonly TimeSpan longestWait = TimeSpan.FromSeconds(60);

    readonly Lock gate = new();

    public List<Outcome> Outcomes { get; } = [];

    /// <summary>Runs all cases on some processes at a time.</summary>
    public void Run(IReadOnlyList<int> numbers, int processes) =>
        Parallel.ForEach(numbers.Chunk(CasesOfProcess), new ParallelOptions { MaxDegreeOfParallelism = processes }, chunk =>
        {
            for (var next = 0; next < chunk.Length;)
                next += RunProcess(chunk[next..], times: 1, Note);
        });

    void Note(Outcome outcome)
    {
        if (outcome.Verdict != Verdict.Failed && outcome.Milliseconds > Seconds * 1000)
            outcome = Again(outcome); // the first use of something compiles it
        if (outcome.PeakMegabytes > Megabytes)
            outcome = outcome with { Verdict = Verdict.Failed, Message = $"over-allocation: {outcome.PeakMegabytes:F0} MB. {outcome.Message}" };
        lock (gate)
        {
            Outcomes.Add(outcome);
            if (outcome.Verdict == Verdict.Failed)
                failed(outcome);
        }
    }

    /// <summary>A slow case by itself, twice: the second counts.</summary>
    Outcome Again(Outcome first)
    {
        var second = first;
        RunProcess([first.Number], times: 2, outcome => second = outcome);
        return second.Milliseconds > Seconds * 1000
            ? second with { Verdict = Verdict.Failed, Message = $"hang: {second.Milliseconds:F0} ms of processor time. {second.Message}" } : second;
    }

    /// <summary>Runs cases until all are done or the process has died.</summary>
    /// <returns>How many were begun.</returns>
    int RunProcess(int[] numbers, int times, Action<Outcome> note)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        var program = typeof(Campaign).Assembly.Location;
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) != Path.GetFileNameWithoutExtension(program) && !IsHost(Environment.ProcessPath!))
            start.FileName = "dotnet"; // a test runner
        if (Path.GetFileNameWithoutExtension(start.FileName) != Path.GetFileNameWithoutExtension(program))
            start.ArgumentList.Add(program);
        start.ArgumentList.Add(Worker.Verb);
        start.ArgumentList.Add(seed.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(times.ToString(CultureInfo.InvariantCulture));
        start.Environment["DOTNET_GCHeapHardLimit"] = (Megabytes * 1048576L).ToString("x", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var process = Process.Start(start)!;
        process.StandardInput.WriteLine(string.Join(' ', numbers));
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var (running, done) = (-1, 0);
        var (killed, watch) = ("", Stopwatch.StartNew());
        var worked = TimeSpan.Zero;
        using var timer = new Timer(_ =>
        {
            lock (watch)
            {
                if (running < 0 || killed.Length > 0)
                    return;
                try
                {
                    process.Refresh();
                    var work = process.TotalProcessorTime - worked;
                    killed = work > TimeSpan.FromSeconds(2 * Seconds) * times ? $"hang: ended after {work.TotalSeconds:F1} s of processor time"
                        : watch.Elapsed > longestWait ? $"hang: ended after {watch.Elapsed.TotalSeconds:F0} s, {work.TotalSeconds:F1} s of processor time"
                        : process.WorkingSet64 > Megabytes * 1048576L ? $"over-allocation: ended at {process.WorkingSet64 / 1048576} MB" : "";
                    if (killed.Length > 0)
                        process.Kill();
                }
                catch (InvalidOperationException)
                {
                    // it has just ended
                }
            }
        }, null, 50, 50);
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (Worker.Beginning(line) is { } number)
            {
                lock (watch)
                {
                    process.Refresh();
                    (running, worked) = (number, process.HasExited ? TimeSpan.Zero : process.TotalProcessorTime);
                    watch.Restart();
                }
            }
            else if (Worker.Ending(line) is { } outcome)
            {
                lock (watch)
                    running = -1;
                done++;
                note(outcome);
            }
        }
        process.WaitForExit();
        if (done == numbers.Length)
            return done;
        if (running < 0)
            throw new InvalidOperationException($"a worker ended with code {process.ExitCode} outside of any case: {Last(errors.Result)}");
        var cause = killed.Length > 0 ? killed : $"crash: exit code {process.ExitCode}: {Last(errors.Result)}";
        note(new Outcome(running, Verdict.Failed, watch.ElapsedMilliseconds, 0, cause));
        return done + 1;
    }

    static bool IsHost(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    /// <summary>The kind of crash, and the innermost frame of ours.</summary>
    static string Last(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var ours = lines.FirstOrDefault(l => l.StartsWith("at Nonet.", StringComparison.Ordinal)) ?? "";
        return $"{lines.FirstOrDefault(l => !l.StartsWith("at ", StringComparison.Ordinal)) ?? ""} {ours}".Trim();
    }
}
