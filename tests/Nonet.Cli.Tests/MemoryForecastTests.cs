using System.Globalization;
using System.Text.RegularExpressions;

namespace Nonet.Cli.Tests;

/// <summary>What a training run is said to need, beside what the process then takes from the system.</summary>
public sealed partial class MemoryForecastTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public MemoryForecastTests() => TextFiles.Write(folder["texts"]);

    public void Dispose() => folder.Dispose();

    [Theory] // mostly weights, mostly what is kept for the backward pass, and that recomputed
    [InlineData("width: 384, hidden: 1024", 2, false), InlineData("width: 128, hidden: 512", 24, false), InlineData("width: 128, hidden: 512", 24, true)]
    public async Task A_run_takes_about_as_much_memory_as_forecast(string shape, int batch, bool checkpointing)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        folder.Add("r.yaml", $"""
            model: {"{kind: llama, layers: 8, heads: 4, context: 256, " + shape + "}"}
            data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
            training: {"{steps: 3, warmup: 1, evaluate_every: 3, save_every: 3, batch: " + batch + ", gradient_checkpointing: "
                + (checkpointing ? "true" : "false") + "}"}
            run: {"{sample_every: null}"}
            """);
        var refused = await Run("export DOTNET_GCHeapHardLimit=0x1400000; ", "refused"); // 20 MB are not enough: the message has the forecast
        refused.Outcome.AssertRefused(1, "too little memory: ");
        var forecast = double.Parse(Forecast().Match(refused.Outcome.Error).Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        var (outcome, megabytes) = await Run("", "run");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.InRange(megabytes / forecast, 0.85, 1.2); // 1.01 to 1.13 were measured; a checkpoint in writing is not in the forecast
    }

    /// <summary>Trains in a process of its own.</summary>
    /// <returns>What it said, and the most memory of its own that it had resident, in MB: without the pages of files, such as its code.</returns>
    async Task<(Outcome Outcome, double Megabytes)> Run(string before, string run)
    {
        using var process = Program.Start(before, "train", folder["r.yaml"], "--out", folder[run], "--threads", "1");
        var (ended, most) = (Program.End(process), 0.0);
        var id = process.Id;
        var watch = new Thread(() => // not a task of the pool, whose threads other tests may keep busy
        {
            for (; !ended.IsCompleted; Thread.Sleep(2))
                most = Math.Max(most, Resident(id) ?? 0);
        });
        watch.Start();
        var outcome = await ended;
        watch.Join();
        return (outcome, most);
    }

    /// <summary>MB that are resident now; null: the process has ended.</summary>
    static double? Resident(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status")
                .FirstOrDefault(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
            return line is null ? null : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [GeneratedRegex("takes about ([0-9,]+) MB")]
    private static partial Regex Forecast();
}
