using System.Diagnostics;
using System.Globalization;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Nonet.Cli;

/// <summary>Shows a run on standard error: a line that is written over where that is a screen, else a line now and then.</summary>
static class RunProgress
{
    /// <summary>Runs work that reports.</summary>
    public static T Show<T>(Terminal terminal, Func<IProgress<RunEvent>, T> work)
    {
        if (!terminal.ErrorIsScreen)
            return work(new Lines(terminal.Error));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        if (!console.Profile.Capabilities.Ansi)
            return work(new Lines(terminal.Error));
        TextColumn step = new(), rate = new();
        return console.Progress().AutoRefresh(false).AutoClear(true)
            .Columns(step, new ProgressBarColumn { Width = 24 }, rate)
            .Start(context => work(new Screen(console, context, step, rate)));
    }

    /// <summary>Every event as a line, but of the steps at most one in a few seconds and the last.</summary>
    sealed class Lines(TextWriter output) : IProgress<RunEvent>
    {
        static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        long last;

        public void Report(RunEvent value)
        {
            if (value is StepDone or SweepStep)
            {
                if (last != 0 && !(value is StepDone step && step.Step == step.Steps) && Stopwatch.GetElapsedTime(last) < Pause)
                    return;
                last = Stopwatch.GetTimestamp();
            }
            output.WriteLine(LineReport.Line(value));
        }
    }

    sealed class Screen(IAnsiConsole console, ProgressContext context, TextColumn left, TextColumn right) : IProgress<RunEvent>
    {
        const int KeptLines = 10; // of the steps: enough to see the loss fall
        ProgressTask? task;
        int kept;

        public void Report(RunEvent value)
        {
            if (value is SweepStep at)
            {
                task ??= context.AddTask("sweep", maxValue: 1);
                task.Value = at.Done;
                left.Text = string.Create(CultureInfo.InvariantCulture, $"run {at.Run}/{at.Runs}  step {at.Step.Step:N0}/{at.Step.Steps:N0}  loss {at.Step.Loss:0.000}");
                right.Text = string.Create(CultureInfo.InvariantCulture, $"{at.Step.TokensPerSecond:N0} tokens/s  {LineReport.Duration(at.Remaining)} to go");
                context.Refresh();
                return;
            }
            if (value is not StepDone step)
            {
                console.Write(new Paragraph(LineReport.Line(value) + "\n"));
                return;
            }
            task ??= context.AddTask("training", maxValue: step.Steps);
            task.Value = step.Step;
            left.Text = string.Create(CultureInfo.InvariantCulture, $"step {step.Step:N0}/{step.Steps:N0}  loss {step.Loss:0.000}");
            right.Text = string.Create(CultureInfo.InvariantCulture, $"{step.TokensPerSecond:N0} tokens/s  {LineReport.Duration(step.Remaining)} to go");
            if (kept == 0 || step.Step * (long)KeptLines / step.Steps >= kept)
            {
                kept = (int)(step.Step * (long)KeptLines / step.Steps) + 1;
                console.Write(new Paragraph(LineReport.Line(step) + "\n"));
            }
            context.Refresh();
        }
    }

    /// <summary>A part of the line that is written over.</summary>
    sealed class TextColumn : ProgressColumn
    {
        public string Text { get; set; } = "";
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Paragraph(Text);
    }
}
