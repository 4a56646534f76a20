using System.Runtime.InteropServices;

namespace Nonet.Inference.Scheduling;

/// <summary>The tokens of one sequence in a step: positions [First, First + Count). The last ones may be drafts.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="First">Position of its first token in the step.</param>
/// <param name="Count">Number of its tokens in the step.</param>
/// <param name="FirstRow">Position of the first token whose logits are needed.</param>
readonly record struct PlannedRun(EngineSequence Sequence, int First, int Count, int FirstRow)
{
    public PlannedRun(EngineSequence sequence, int count) : this(sequence, sequence.Computed, count, Math.Max(sequence.Computed, sequence.FirstRow))
    {
    }

    /// <summary>Number of tokens whose logits are needed: the last ones.</summary>
    public int Rows => Math.Max(0, First + Count - FirstRow);
}

/// <summary>The flat batch of a step. Kept from step to step, so that planning allocates nothing.</summary>
sealed class StepPlan
{
    int[] numbers = [], ids = [], starts = [0];

    public List<PlannedRun> Runs { get; } = [];
    public int Tokens { get; private set; }

    /// <summary>Rows of the batch whose logits are needed.</summary>
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
        var known = Math.Min(run.Count, run.Sequence.Count - run.First);
        run.Sequence.Tokens.Slice(run.First, known).CopyTo(ids.AsSpan(Tokens));
        CollectionsMarshal.AsSpan(run.Sequence.Drafts)[..(run.Count - known)].CopyTo(ids.AsSpan(Tokens + known));
        for (var row = run.FirstRow; row < run.First + run.Count; row++)
            Rows.Add(Tokens + row - run.First);
        Tokens += run.Count;
        starts[at + 1] = Tokens;
    }
}
