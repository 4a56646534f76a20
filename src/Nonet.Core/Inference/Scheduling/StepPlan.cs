namespace Nonet.Inference.Scheduling;

/// <summary>The tokens of one sequence in a step: positions [First, First + Count).</summary>
readonly record struct PlannedRun(EngineSequence Sequence, int First, int Count)
{
    /// <summary>Position of the first token whose logits are wanted.</summary>
    public int FirstRow => Math.Max(First, Sequence.FirstRow);

    /// <summary>Tokens whose logits are wanted: the last ones.</summary>
    public int Rows => Math.Max(0, First + Count - FirstRow);
}

/// <summary>The flat batch of a step. Kept from step to step, so that planning allocates nothing.</summary>
sealed class StepPlan
{
    int[] numbers = [], ids = [], starts = [0];

    public List<PlannedRun> Runs { get; } = [];
    public int Tokens { get; private set; }

    /// <summary>Rows of the batch whose logits are wanted.</summary>
    public List<int> Rows { get; } = [];

    public ReadOnlySpan<int> Numbers => numbers.AsSpan(0, Runs.Count);
    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Tokens);
    public ReadOnlySpan<int> Starts => starts.AsSpan(0, Runs.Count + 1);

    public void Clear()
    {
        Runs.Clear();
        Rows.Clear();
        Tokens = 0;
    }

    public void Add(PlannedRun run)
    {
        var at = Runs.Count;
        if (at + 1 >= starts.Length)
        {
            Array.Resize(ref starts, 2 * at + 8);
            Array.Resize(ref numbers, starts.Length);
        }
        if (Tokens + run.Count > ids.Length)
            Array.Resize(ref ids, Math.Max(2 * ids.Length, Tokens + run.Count));
        Runs.Add(run);
        numbers[at] = run.Sequence.CacheNumber!.Value;
        run.Sequence.Tokens.Slice(run.First, run.Count).CopyTo(ids.AsSpan(Tokens));
        for (var row = run.FirstRow; row < run.First + run.Count; row++)
            Rows.Add(Tokens + row - run.First);
        Tokens += run.Count;
        starts[at + 1] = Tokens;
    }
}
