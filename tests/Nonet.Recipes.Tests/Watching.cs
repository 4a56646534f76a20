using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests;

/// <summary>Keeps what a run tells, and stops it after a step.</summary>
sealed class Watching(int? stopAfter = null) : IProgress<RunEvent>, IDisposable
{
    readonly CancellationTokenSource stopping = new();

    public List<RunEvent> Events { get; } = [];
    public CancellationToken Stopping => stopping.Token;
    public double FirstLoss => Events.OfType<StepDone>().First().Loss;
    public double LastLoss => Events.OfType<StepDone>().Last().Loss;

    public void Report(RunEvent value)
    {
        Events.Add(value);
        if (value is StepDone done && done.Step >= stopAfter)
            stopping.Cancel();
    }

    /// <summary>What was told of a stage.</summary>
    public string[] Of(string stage) => [.. Events.OfType<StageStarted>().Where(e => e.Name == stage).Select(e => e.Detail)];

    /// <summary>A measure of the last evaluation.</summary>
    public double Score(string name) => Events.OfType<Evaluated>().Last().Scores.Single(s => s.Name == name).Value;

    public void Dispose() => stopping.Dispose();
}
