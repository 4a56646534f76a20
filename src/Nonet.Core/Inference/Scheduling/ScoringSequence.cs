namespace Nonet.Inference.Scheduling;

/// <summary>Computes the log-probabilities of given tokens and, at each position, that of a watched token.</summary>
sealed class ScoringSequence(int[] tokens, int context, int? watched, CancellationToken cancellation) : EngineSequence(tokens, cancellation)
{
    readonly TaskCompletionSource<IReadOnlyList<TokenScore>> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TokenScore[] scores = new TokenScore[tokens.Length - context];

    public Task<IReadOnlyList<TokenScore>> Scores => done.Task;
    public override int Wanted => Count - 1;
    public override int FirstRow => context - 1;

    public override bool Take(int position, ReadOnlySpan<float> logits)
    {
        var id = Tokens[position + 1];
        var sum = TokenProbabilities.LogSum(logits);
        if (double.IsNaN(sum))
        {
            if (Shared > 0)
                throw Sampler.Damaged(logits);
            IsDamaged = true; // the score is not a number
        }
        scores[position + 1 - context] = new TokenScore(id, logits[id] - sum, IsLikeliest(logits, id))
        {
            Watched = watched is { } other ? logits[other] - sum : null,
        };
        if (position + 2 < Count)
            return true;
        IsDone = true;
        done.SetResult(scores);
        return false;
    }

    /// <summary>Whether an id has the largest logit; of equal logits, the lowest id counts as the largest.</summary>
    static bool IsLikeliest(ReadOnlySpan<float> logits, int id)
    {
        var own = logits[id];
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > own || (i < id && logits[i] == own))
                return false;
        }
        return true;
    }

    public override void Fail(Exception error)
    {
        IsDone = true;
        if (error is OperationCanceledException)
            done.TrySetCanceled(Cancellation);
        else
            done.TrySetException(error);
    }
}
