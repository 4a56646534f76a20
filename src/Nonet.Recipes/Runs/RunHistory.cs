namespace Nonet.Recipes.Runs;

/// <summary>Everything that a run has reported, in memory, for plots and the page.</summary>
sealed class RunHistory
{
    public List<StepDone> Steps { get; } = [];
    public List<Evaluated> Evaluations { get; } = [];
    public List<Measured> Measured { get; } = [];
    public List<Sampled> Samples { get; } = [];
    public List<RolledBack> Rollbacks { get; } = [];

    /// <summary>Lines that could not be read, with file and number.</summary>
    public List<string> Damaged { get; } = [];

    /// <summary>Last reported step; null before the first.</summary>
    public StepDone? Last => Steps.Count > 0 ? Steps[^1] : null;

    /// <summary>Best evaluation; null before the first.</summary>
    public Evaluated? Best => Evaluations.FindLast(e => e.Best);

    /// <summary>Reads the history from the files of a run.</summary>
    public static RunHistory Read(MetricsFile metrics, MetricsFile samples)
    {
        var history = new RunHistory();
        foreach (var (e, _) in metrics.Read(history.Damaged).Concat(samples.Read(history.Damaged)))
            history.Add(e);
        return history;
    }

    public void Add(RunEvent e)
    {
        switch (e)
        {
            case StepDone step:
                Steps.Add(step);
                break;
            case Evaluated evaluated:
                Evaluations.Add(evaluated);
                break;
            case Measured measured:
                Measured.Add(measured);
                break;
            case Sampled sample:
                Samples.Add(sample);
                break;
            case RolledBack back:
                Rollbacks.Add(back);
                break;
        }
    }

    /// <summary>Removes everything after a step.</summary>
    public void RewindTo(int step)
    {
        Steps.RemoveAll(s => s.Step > step);
        Evaluations.RemoveAll(e => e.Step > step);
        Measured.RemoveAll(m => m.Step > step);
        Samples.RemoveAll(s => s.Step > step);
        Rollbacks.RemoveAll(b => b.Step >= step);
    }
}
