using System.Diagnostics;
using Nonet.Inference.Scheduling.Drafts;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference.Scheduling;

/// <summary>
/// Decides which tokens the next step computes, and computes them. Sequences are admitted in the order of arrival. Each sequence that is being decoded gets one
/// row, and prompts share the rest of the step in chunks (Agrawal et al. 2024, Sarathi-Serve). When the cache is full, a paused sequence or the last one to
/// arrive is evicted and computed again later (Kwon et al. 2023, section 4.5). Not thread-safe.
/// </summary>
sealed class Scheduler(IForwardPass pass, KvCache cache, EngineOptions options, IDrafter? drafter) : IDisposable
{
    /// <summary>Rows of logits in memory at once.</summary>
    const int RowsAtOnce = 64;

    /// <summary>Number of waiting sequences to look at in a step beyond those that can be admitted.</summary>
    const int MostDeferred = 64;

    /// <summary>Minimum number of tokens to share for which a sequence waits.</summary>
    const int WorthWaiting = 16;

    /// <summary>Maximum number of sequences with drafts. With more, a larger batch gains more than drafts.</summary>
    const int MostDrafting = 4;

    readonly DraftMeter meter = new(options.AlwaysDrafts);
    readonly PrefixTree tree = new(cache, options.ReusePrefixes && pass.SharesPrefixes);
    readonly bool shares = options.ReusePrefixes && pass.SharesPrefixes;
    readonly List<EngineSequence> waiting = [], running = []; // in the order of arrival
    readonly StepPlan plan = new();
    long arrivals;
    int reserved; // number of blocks that the runs of this step need

    public int Running => running.Count;
    public int Waiting => waiting.Count;
    public long Steps { get; private set; }
    public long ComputedTokens { get; private set; }
    public long ReusedTokens { get; private set; }
    public long Preemptions { get; private set; }
    public (long Steps, long Drafted, long Accepted) Drafts => meter.Counts;

    public void Add(EngineSequence sequence)
    {
        sequence.Arrival = arrivals++;
        waiting.Add(sequence);
    }

    /// <summary>Runs one step. Returns whether it did anything; if not, nothing changes until a consumer reads or a request arrives.</summary>
    public bool Step()
    {
        var dropped = DropCancelled();
        var start = Stopwatch.GetTimestamp();
        try
        {
            Admit();
            Plan();
            if (plan.Runs.Count == 0)
                return dropped;
            Compute(start);
        }
        catch (Exception e)
        {
            if (plan.Runs.Count == 0)
                FailAll(e); // otherwise the next step would fail, too
            foreach (var run in plan.Runs)
                End(run.Sequence, e);
        }
        Steps++;
        return true;
    }

    /// <summary>Ends every sequence with an exception.</summary>
    public void FailAll(Exception error)
    {
        foreach (var sequence in running.Concat(waiting).ToArray())
            End(sequence, error);
    }

    /// <summary>Evicts all blocks that no sequence uses.</summary>
    public void Forget() => tree.Clear();

    public void Dispose()
    {
        drafter?.Dispose();
        cache.Dispose();
    }

    bool DropCancelled()
    {
        var dropped = false;
        for (var lists = 0; lists < 2; lists++)
        {
            var list = lists == 0 ? running : waiting;
            for (var i = list.Count - 1; i >= 0; i--)
            {
                if (!list[i].IsCancelled)
                    continue;
                End(list[i], new OperationCanceledException(list[i].Cancellation));
                dropped = true;
            }
        }
        return dropped;
    }

    void Admit()
    {
        var deferred = 0;
        for (var i = 0; i < waiting.Count && running.Count < options.MostSequences && deferred < MostDeferred;)
        {
            var sequence = waiting[i];
            var match = shares && !sequence.IsAlone ? tree.Match(sequence.Tokens[..Math.Min(sequence.FirstRow, sequence.Wanted - 1)])
                : new PrefixMatch([], null, 0, 0);
            if (sequence.IsPaused || match.Planned - match.Tokens >= WorthWaiting)
            {
                (i, deferred) = (i + 1, deferred + 1);
                continue;
            }
            // Unused blocks that the match needs can no longer be evicted.
            var shared = match.Blocks.Count(node => node.Users == 0) + (match.Tail is { Users: 0 } ? 1 : 0);
            var needed = BlocksFor(sequence.Wanted) - match.Blocks.Count;
            if (running.Count > 0 && needed > cache.FreeBlocks + tree.Evictable - shared - Promised())
                return;
            waiting.RemoveAt(i);
            tree.Enter(sequence, match);
            Insert(running, sequence);
            sequence.Shared = match.Tokens;
            ReusedTokens += match.Tokens;
            sequence.Begun(match.Tokens);
        }
    }

    /// <summary>Number of blocks that admitted prompts will still need.</summary>
    int Promised()
    {
        var blocks = 0;
        foreach (var sequence in running)
            blocks += Math.Max(0, BlocksFor(sequence.Wanted) - cache.BlocksOf(sequence.CacheNumber!.Value));
        return blocks;
    }

    void Plan()
    {
        plan.Clear();
        reserved = 0;
        var decoding = 0;
        var drafts = drafter is not null && meter.Drafts && running.Count <= MostDrafting
            && running.TrueForAll(sequence => sequence.Wanted - sequence.Computed == 1);
        for (var i = 0; i < running.Count; i++)
        {
            var sequence = running[i];
            sequence.Drafts.Clear();
            if (sequence.IsPaused || sequence.Wanted - sequence.Computed != 1)
                continue;
            if (drafts && sequence is GenerationSequence { DraftRoom: > 0 } generation)
                drafter!.Propose(generation, Math.Min(generation.DraftRoom, options.DraftTokens), sequence.Drafts);
            if (!TryReserve(sequence, 1 + sequence.Drafts.Count))
                continue;
            i = running.IndexOf(sequence); // others may have been evicted
            plan.Add(new PlannedRun(sequence, 1 + sequence.Drafts.Count));
            decoding++;
        }
        var budget = decoding == 0 ? options.TokensPerStep : Math.Min(options.TokensPerStep, options.PromptTokensBesideDecoding);
        for (var i = 0; i < running.Count && budget > 0; i++)
        {
            var sequence = running[i];
            var count = Math.Min(budget, sequence.Wanted - sequence.Computed);
            if (sequence.IsPaused || sequence.Wanted - sequence.Computed < 2 || !TryReserve(sequence, count))
                continue;
            i = running.IndexOf(sequence);
            plan.Add(new PlannedRun(sequence, count));
            budget -= count;
        }
    }

    /// <summary>
    /// Makes room for a sequence's next tokens. If necessary, evicts sequences that are paused, or that arrived later and are not in this step.
    /// </summary>
    bool TryReserve(EngineSequence sequence, int tokens)
    {
        var missing = Math.Max(0, BlocksFor(sequence.Computed + tokens) - cache.BlocksOf(sequence.CacheNumber!.Value));
        while (missing > 0 && !tree.Free(reserved + missing))
        {
            if (VictimOf(sequence) is not { } victim)
                return false;
            Preempt(victim);
        }
        reserved += missing;
        return true;
    }

    EngineSequence? VictimOf(EngineSequence sequence)
    {
        EngineSequence? victim = null;
        foreach (var other in running)
        {
            if (other == sequence || IsPlanned(other) || !(other.IsPaused || other.Arrival > sequence.Arrival))
                continue;
            if (victim is null || other.IsPaused || !victim.IsPaused)
                victim = other;
        }
        return victim;
    }

    bool IsPlanned(EngineSequence sequence)
    {
        foreach (var run in plan.Runs)
        {
            if (run.Sequence == sequence)
                return true;
        }
        return false;
    }

    void Preempt(EngineSequence sequence)
    {
        tree.Leave(sequence);
        drafter?.Leave(sequence);
        running.Remove(sequence);
        Insert(waiting, sequence);
        Preemptions++;
    }

    void Compute(long start)
    {
        using var scope = TensorScope.Recycling();
        var hidden = pass.Hidden(plan, cache);
        ComputedTokens += plan.Tokens;
        var (piece, first, index, accepted, drafted) = (default(Tensor), 0, 0, 0, 0);
        foreach (var run in plan.Runs)
        {
            var sequence = run.Sequence;
            sequence.Computed = run.First + run.Count;
            drafted += sequence.Drafts.Count;
            var isOpen = true;
            for (var row = 0; row < run.Rows; row++, index++)
            {
                if (piece is null || index == first + piece.Shape[0])
                    (piece, first) = (Logits(hidden, index), index);
                if (!isOpen)
                    continue;
                var logits = piece.AsSpan<float>().Slice((index - first) * piece.Shape[1], piece.Shape[1]);
                isOpen = Take(sequence, run.FirstRow + row, logits) && (row >= sequence.Drafts.Count || sequence.Tokens[^1] == sequence.Drafts[row]);
                accepted += row < sequence.Drafts.Count && sequence.Tokens[^1] == sequence.Drafts[row] ? 1 : 0;
            }
            if (sequence.Drafts.Count > 0)
            {
                sequence.Computed = Math.Min(sequence.Computed, sequence.Count - 1); // rejected drafts are removed
                cache.Truncate(sequence.CacheNumber!.Value, sequence.Computed);
            }
        }
        if (drafter is not null && plan.Rows.Count == plan.Tokens)
            meter.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, plan.Runs.Count + accepted, drafted, accepted);
        foreach (var run in plan.Runs)
        {
            var sequence = run.Sequence;
            if (!sequence.IsDamaged)
                tree.Publish(sequence);
            if (sequence.IsDone)
                End(sequence, null);
            else if (sequence.IsDamaged)
            {
                Preempt(sequence);
                (sequence.IsAlone, sequence.IsDamaged) = (true, false);
            }
        }
    }

    /// <summary>The logits of the next rows, on the host.</summary>
    Tensor Logits(Tensor hidden, int first)
    {
        var count = Math.Min(RowsAtOnce, hidden.Shape[0] - first);
        return pass.Output(count == hidden.Shape[0] ? hidden : Ops.Slice(hidden, 0, first, count)).Download();
    }

    /// <summary>
    /// Passes logits to a sequence. An error, such as logits that are NaN, ends only that sequence. If it shares keys and values with others, they may be the
    /// cause; the sequence is then computed again alone before it fails.
    /// </summary>
    static bool Take(EngineSequence sequence, int position, ReadOnlySpan<float> logits)
    {
        try
        {
            return sequence.Take(position, logits);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            sequence.IsDamaged = e is InvalidDataException;
            if (!sequence.IsDamaged || sequence.Shared == 0)
                sequence.Fail(e);
            return false;
        }
    }

    /// <summary>Removes a sequence from the engine. If it has not finished, it ends with an error.</summary>
    void End(EngineSequence sequence, Exception? error)
    {
        if (sequence.CacheNumber is not null)
            tree.Leave(sequence);
        sequence.Memory?.Dispose();
        drafter?.Leave(sequence);
        running.Remove(sequence);
        waiting.Remove(sequence);
        if (error is not null && !sequence.IsDone)
            sequence.Fail(error);
    }

    static void Insert(List<EngineSequence> list, EngineSequence sequence)
    {
        var at = list.Count;
        while (at > 0 && list[at - 1].Arrival > sequence.Arrival)
            at--;
        list.Insert(at, sequence);
    }

    static int BlocksFor(int tokens) => (tokens + KvCache.BlockSize - 1) / KvCache.BlockSize;
}
