using System.Diagnostics;
using System.Globalization;
using Nonet.Evaluation.Runs;
using Nonet.Recipes;

namespace Nonet.Cli;

/// <summary>Shows the progress of an evaluation: a status line on a screen, otherwise a new line every few seconds.</summary>
sealed class EvalProgress(Terminal terminal) : IProgress<EvaluationProgress>, IDisposable
{
    static readonly TimeSpan onScreen = TimeSpan.FromMilliseconds(100), asLines = TimeSpan.FromSeconds(5);

    (string Task, int Shots) at;
    int before;
    long start, last;

    public void Report(EvaluationProgress value)
    {
        var now = Stopwatch.GetTimestamp();
        if (at != (value.Task, value.Shots))
            (at, start, before, last) = ((value.Task, value.Shots), now, value.Done - 1, now);
        if (Stopwatch.GetElapsedTime(last, now) < (terminal.Status is null ? asLines : onScreen))
            return;
        last = now;
        var rate = (value.Done - before) / Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{value.Task}, {value.Shots} shots: {value.Done:N0} of {value.Requests:N0} requests, {rate:N1}/s, "
            + $"{LineReport.Duration(TimeSpan.FromSeconds((value.Requests - value.Done) / rate))} to go");
        if (terminal.Status is { } status)
            status.Show(_ => line);
        else
            terminal.Error.WriteLine(line);
    }

    public void Clear() => terminal.Status?.Clear();

    public void Dispose() => Clear();
}
