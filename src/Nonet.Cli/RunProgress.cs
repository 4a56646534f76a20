using System.Diagnostics;
using System.Globalization;
using Nonet.Cli.Screen;
using Nonet.Recipes;
using Nonet.Recipes.Annotation;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;

namespace Nonet.Cli;

/// <summary>Shows a run on standard error: on a screen a status line at the bottom with a few lines above, otherwise a line every few seconds.</summary>
static class RunProgress
{
    /// <summary>Runs work and shows its progress.</summary>
    public static T Show<T>(Terminal terminal, Func<IProgress<RunEvent>, T> work)
    {
        if (terminal.Status is not { } status)
            return work(new Lines(terminal.Error));
        try
        {
            return work(new OnScreen(terminal.Error, status));
        }
        finally
        {
            status.Clear();
        }
    }

    /// <summary>Writes every event as a line; of the steps only the last and at most one every few seconds.</summary>
    sealed class Lines(TextWriter output) : IProgress<RunEvent>
    {
        static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        long last;

        public void Report(RunEvent value)
        {
            if (value is StepDone or SweepStep or TextAnnotated)
            {
                var isLast = value is StepDone step ? step.Step == step.Steps : value is TextAnnotated text && text.Done == text.Texts;
                if (last != 0 && !isLast && Stopwatch.GetElapsedTime(last) < Pause)
                    return;
                last = Stopwatch.GetTimestamp();
            }
            output.WriteLine(LineReport.Line(value));
        }
    }

    /// <summary>Shows the latest step in the status line, and every other event and about ten of the steps as lines above it.</summary>
    sealed class OnScreen(TextWriter output, StatusLine status) : IProgress<RunEvent>
    {
        const int KeptLines = 10; // number of steps shown as lines: enough to see the loss fall
        static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
        int kept;
        long last;

        public void Report(RunEvent value)
        {
            switch (value)
            {
                case SweepStep at:
                    Show(Text($"run {at.Run}/{at.Runs}  step {at.Step.Step:N0}/{at.Step.Steps:N0}  loss {at.Step.Loss:0.000}"), at.Done,
                        Right(at.Step.TokensPerSecond, at.Remaining));
                    break;
                case StepDone step:
                    if (kept == 0 || step.Step * (long)KeptLines / step.Steps >= kept)
                    {
                        kept = (int)(step.Step * (long)KeptLines / step.Steps) + 1;
                        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                            $"step {step.Step,6:N0}  loss {step.Loss:0.0000}  lr {step.LearningRate:0.00e+0}  norm {step.GradientNorm:0.00}  "
                            + $"{step.TokensPerSecond:N0} tokens/s"));
                    }
                    Show(Text($"step {step.Step:N0}/{step.Steps:N0}  loss {step.Loss:0.000}"), (double)step.Step / step.Steps,
                        Right(step.TokensPerSecond, step.Remaining));
                    break;
                case TextAnnotated text:
                    Show(Text($"text {text.Done:N0}/{text.Texts:N0}"), (double)text.Done / text.Texts,
                        Text($"{text.TextsPerSecond:0.0} texts/s  {LineReport.Duration(text.Remaining)} to go"));
                    break;
                case DataRead:
                    var line = LineReport.Line(value);
                    status.Show(_ => line);
                    break;
                case StageStarted:
                    status.Clear();
                    output.WriteLine(LineReport.Line(value));
                    break;
                default:
                    output.WriteLine(LineReport.Line(value));
                    break;
            }
        }

        /// <summary>Shows left text, bar and right text. If the screen is too narrow, the bar is dropped first, then the right text.</summary>
        void Show(string left, double done, string right)
        {
            if (last != 0 && Stopwatch.GetElapsedTime(last) < Pause)
                return;
            last = Stopwatch.GetTimestamp();
            status.Show(columns =>
            {
                const int Least = 8, Most = 24, Gaps = 4;
                var bar = Math.Min(Most, columns - left.Length - right.Length - Gaps);
                return bar >= Least ? $"{left}  {Bar(done, bar)}  {right}" : left.Length + 2 + right.Length <= columns ? $"{left}  {right}" : left;
            });
        }

        static string Bar(double done, int width)
        {
            var full = (int)Math.Round(Math.Clamp(done, 0, 1) * width);
            return new string('━', full) + new string('─', width - full);
        }

        static string Right(double rate, TimeSpan remaining) => Text($"{rate:N0} tokens/s  {LineReport.Duration(remaining)} to go");

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
