using System.Globalization;
using Nonet.Recipes.Annotation;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Scaling;

namespace Nonet.Recipes;

/// <summary>Reports a run line by line, for logs and output that is not a terminal.</summary>
public sealed class LineReport(TextWriter output) : IProgress<RunEvent>
{
    /// <inheritdoc/>
    public void Report(RunEvent value) => output.WriteLine(Line(value));

    /// <summary>An event as one line, or as several lines if the model wrote several.</summary>
    public static string Line(RunEvent e) => e switch
    {
        StageStarted stage => $"{stage.Name}: {stage.Detail}",
        DataRead read => string.Create(CultureInfo.InvariantCulture,
            $"text: {read.Bytes / 1e6:N0} MB in {read.Documents:N0} documents, {read.BytesPerSecond / 1e6:0.0} MB/s"),
        StepDone step => string.Create(CultureInfo.InvariantCulture,
            $"step {step.Step,6:N0}/{step.Steps:N0}  loss {step.Loss:0.0000}  lr {step.LearningRate:0.00e+0}  norm {step.GradientNorm:0.00}  "
                + $"{step.TokensPerSecond:N0} tokens/s  {Duration(step.Remaining)} to go"),
        SweepStep at => string.Create(CultureInfo.InvariantCulture,
            $"run {at.Run}/{at.Runs}  {at.Name}  step {at.Step.Step:N0}/{at.Step.Steps:N0}  loss {at.Step.Loss:0.0000}  {at.Step.TokensPerSecond:N0} "
                + $"tokens/s  {100 * at.Done:0.0} % of the sweep, {Duration(at.Remaining)} to go"),
        TextAnnotated text => string.Create(CultureInfo.InvariantCulture,
            $"text {text.Done,6:N0}/{text.Texts:N0}  {text.TextsPerSecond:0.0} texts/s  {Duration(text.Remaining)} to go"),
        Evaluated measured => string.Create(CultureInfo.InvariantCulture,
            $"step {measured.Step,6:N0}  held out: {Line(measured)}{(measured.Best ? ", the best so far" : "")}"),
        Measured figures => string.Create(CultureInfo.InvariantCulture, $"step {figures.Step,6:N0}  ")
            + string.Join("  ", figures.Scores.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name.Replace('_', ' ')} {s.Value:0.000}"))),
        Sampled sample => string.Create(CultureInfo.InvariantCulture, $"step {sample.Step,6:N0}  sample:\n{sample.Prompt}{sample.Text}\n"),
        Saved saved => string.Create(CultureInfo.InvariantCulture, $"step {saved.Step,6:N0}  saved {Near(saved.Folder)}"),
        RolledBack back => string.Create(CultureInfo.InvariantCulture, $"{back.Reason}; rolled back to the checkpoint of step {back.Step:N0}"),
        _ => e.ToString(),
    };

    /// <summary>The results of an evaluation.</summary>
    public static string Line(Evaluated measured) => string.Create(CultureInfo.InvariantCulture, $"{measured.Loss:0.0000} {measured.Unit}")
        + (measured.BitsPerByte is { } bits ? string.Create(CultureInfo.InvariantCulture, $", {bits:0.000} bits per byte") : "")
        + string.Concat(measured.Scores.Select(s => string.Create(CultureInfo.InvariantCulture, $", {s.Name.Replace('_', ' ')} {s.Value:0.000}")));

    /// <summary>A path relative to the working folder if it is inside it, otherwise the path itself.</summary>
    internal static string Near(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>A duration such as 41 s, 2 m 31 s, 3 h 05 m.</summary>
    public static string Duration(TimeSpan time) => (time = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))) switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} m {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} m"),
    };
}
