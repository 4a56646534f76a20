using System.Diagnostics;
using System.Globalization;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>An update of a run of a sweep was made.</summary>
/// <param name="Run">Number of the run, from 1.</param>
/// <param name="Runs">Number of runs, including searches for learning rates.</param>
/// <param name="Name">Name of the run.</param>
/// <param name="Step">Report of the run; its remaining time is that of the run.</param>
/// <param name="Done">Share of the sweep's FLOPs that is done.</param>
/// <param name="Remaining">Remaining time of the sweep, at the mean FLOPs per second of this process.</param>
public sealed record SweepStep(int Run, int Runs, string Name, StepDone Step, double Done, TimeSpan Remaining) : RunEvent;

/// <summary>
/// Converts reports of single runs to reports of the sweep: every step with the progress of the sweep, and a line when a run is done.
/// Checkpoints and evaluations within runs are left out.
/// </summary>
/// <param name="outer">Receives the reports; null: none.</param>
/// <param name="runs">Number of runs.</param>
/// <param name="flops">FLOPs of all runs.</param>
sealed class SweepProgress(IProgress<RunEvent>? outer, int runs, double flops) : IProgress<RunEvent>
{
    readonly long start = Stopwatch.GetTimestamp();
    double done, passedOver;
    (int Number, PlannedRun Run, int From) at;

    /// <summary>The next run begins.</summary>
    public void Begin(PlannedRun run) => at = (at.Number + 1, run, From: -1);

    /// <summary>Skips the current run, which already has a row or has failed before.</summary>
    public void PassOver()
    {
        done += at.Run.FullFlops;
        passedOver += at.Run.FullFlops;
    }

    /// <summary>The current run has ended.</summary>
    public void End(string what)
    {
        done += at.Run.FullFlops;
        outer?.Report(new StageStarted(string.Create(CultureInfo.InvariantCulture, $"run {at.Number}/{runs}"), $"{at.Run.Name}: {what}"));
    }

    public void Report(RunEvent value)
    {
        if (value is RolledBack)
            outer?.Report(value);
        if (value is not StepDone step)
            return;
        if (at.From < 0)
        {
            at.From = step.Step - 1; // the step from which it was resumed
            passedOver += at.Run.FullFlops * at.From / step.Steps;
        }
        var sofar = done + at.Run.FullFlops * step.Step / step.Steps;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / Math.Max(1, sofar - passedOver) * (flops - sofar);
        outer?.Report(new SweepStep(at.Number, runs, at.Run.Name, step, sofar / flops, TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9))));
    }
}
