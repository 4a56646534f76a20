using System.Diagnostics;
using System.Globalization;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>An update of a run within a sweep was made.</summary>
/// <param name="Run">Which run, from 1.</param>
/// <param name="Runs">How many, searches for rates among them.</param>
/// <param name="Name">Of the run.</param>
/// <param name="Step">What the run reports; the time to go is the run's.</param>
/// <param name="Done">Part of the sweep's FLOPs that is done.</param>
/// <param name="Remaining">Time to go for the sweep, at the mean rate of this process in FLOPs.</param>
public sealed record SweepStep(int Run, int Runs, string Name, StepDone Step, double Done, TimeSpan Remaining) : RunEvent;

/// <summary>Makes of what single runs report what a sweep reports: every step with the state of the sweep, a line when a run is done; checkpoints and evaluations within runs are left out.</summary>
/// <param name="outer">Told; null: nobody.</param>
/// <param name="runs">How many.</param>
/// <param name="flops">Of all of them.</param>
sealed class SweepProgress(IProgress<RunEvent>? outer, int runs, double flops) : IProgress<RunEvent>
{
    readonly long start = Stopwatch.GetTimestamp();
    double done, passedOver;
    (int Number, PlannedRun Run, int From) at;

    /// <summary>The next run begins.</summary>
    public void Begin(PlannedRun run) => at = (at.Number + 1, run, From: -1);

    /// <summary>The run at hand has a row already, or failed before.</summary>
    public void PassOver()
    {
        done += at.Run.FullFlops;
        passedOver += at.Run.FullFlops;
    }

    /// <summary>The run at hand has ended.</summary>
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
            at.From = step.Step - 1; // where it was resumed
            passedOver += at.Run.FullFlops * at.From / step.Steps;
        }
        var sofar = done + at.Run.FullFlops * step.Step / step.Steps;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / Math.Max(1, sofar - passedOver) * (flops - sofar);
        outer?.Report(new SweepStep(at.Number, runs, at.Run.Name, step, sofar / flops, TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9))));
    }
}
