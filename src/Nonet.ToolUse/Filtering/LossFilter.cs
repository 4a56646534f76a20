using System.Runtime.CompilerServices;
using Nonet.Inference;
using Nonet.Text;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Filtering;

/// <summary>
/// Measures whether calls help a model to predict the text after them. A call is prepended to the whole text instead of inserted at its position, because the
/// model has not been trained on calls yet. Schick et al. 2023, section 2.
/// </summary>
public sealed class LossFilter
{
    readonly DecodingEngine engine;
    readonly CallEncoder encoder;
    readonly CallMarks marks;
    readonly int[] start;

    /// <param name="engine">The model, with its tokenizer. Requests share its batches, and shared prefixes are computed once.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="marks">The marks of a call; null: the paper's.</param>
    public LossFilter(DecodingEngine engine, Tokenizer tokenizer, CallMarks? marks = null)
    {
        (this.engine, this.marks) = (engine, marks ?? CallMarks.Default);
        this.marks.Check();
        encoder = new CallEncoder(tokenizer);
        start = engine.Encode("");
    }

    /// <summary>
    /// Computes the losses of calls, in their order. Candidates for the same position should be adjacent: the text without a call is then scored only once.
    /// </summary>
    /// <param name="candidates">The calls.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<ScoredCall> ScoreAsync(IEnumerable<CallCandidate> candidates,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var plans = new Queue<Plan>();
        var withoutCall = 0.0;
        var losses = new List<double>(3);
        await foreach (var scores in engine.ScoreAsync(Requests(candidates, plans), cancellationToken).ConfigureAwait(false))
        {
            losses.Add(LossWeights.Loss(scores.Select(s => s.LogProbability)));
            var plan = plans.Peek();
            if (losses.Count < (plan.ScoresText ? 3 : 2))
                continue;
            plans.Dequeue();
            withoutCall = plan.ScoresText ? losses[0] : withoutCall;
            yield return new ScoredCall(plan.Candidate, losses[^1], withoutCall, losses[^2]);
            losses.Clear();
        }
    }

    /// <summary>Whether a call, its result and the scored tokens fit together into the model's context.</summary>
    internal bool Fits(CallCandidate candidate) => RoomBefore(candidate, encoder.Encode(marks.Write(candidate.Call)).Length,
        encoder.Encode(marks.Write(candidate.Call, candidate.Result)).Length) >= 0;

    /// <summary>Number of tokens before the call that fit into the context; negative if the call itself does not fit.</summary>
    int RoomBefore(CallCandidate candidate, int bare, int full) => engine.Context - start.Length - Math.Max(bare, full) - Scored(candidate);

    static int Scored(CallCandidate candidate) => Math.Min(LossWeights.Count, candidate.Text.Count - candidate.Position);

    /// <summary>
    /// The requests of each candidate: the text alone, unless the previous candidate had the same; the text after the bare call; the text after call and
    /// result.
    /// </summary>
    IEnumerable<ScoringRequest> Requests(IEnumerable<CallCandidate> candidates, Queue<Plan> plans)
    {
        Plan? before = null;
        foreach (var candidate in candidates)
        {
            Check(candidate);
            var (bare, full) = (encoder.Encode(marks.Write(candidate.Call)), encoder.Encode(marks.Write(candidate.Call, candidate.Result)));
            // a text that does not fit is truncated at its beginning, equally in all three requests
            var room = RoomBefore(candidate, bare.Length, full.Length);
            if (room < 0)
                throw new ArgumentException(
                    $"the call {candidate.Call} and its result take {full.Length} tokens; the model's context is {engine.Context}", nameof(candidates));
            var first = Math.Max(0, candidate.Position - room);
            int[] prefix = [.. candidate.Text.Skip(first).Take(candidate.Position - first)];
            int[] rest = [.. candidate.Text.Skip(candidate.Position).Take(Scored(candidate))];
            var isSame = before is not null && ReferenceEquals(before.Candidate.Text, candidate.Text) && before.Candidate.Position == candidate.Position
                && before.First == first;
            var plan = before = new Plan(candidate, first, !isSame);
            plans.Enqueue(plan);
            if (plan.ScoresText)
                yield return new ScoringRequest([.. start, .. prefix], rest);
            yield return new ScoringRequest([.. start, .. bare, .. prefix], rest);
            yield return new ScoringRequest([.. start, .. full, .. prefix], rest);
        }
    }

    static void Check(CallCandidate candidate)
    {
        if (candidate.Position < 0 || candidate.Position >= candidate.Text.Count)
            throw new ArgumentException(
                $"the call {candidate.Call} stands at token {candidate.Position} of a text with {candidate.Text.Count}; expected a token after it");
    }

    sealed record Plan(CallCandidate Candidate, int First, bool ScoresText);
}
