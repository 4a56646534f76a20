namespace Nonet.Inference;

/// <summary>A request for the log-probabilities of given tokens.</summary>
/// <param name="Context">The tokens before the continuation; at least the start token.</param>
/// <param name="Continuation">The tokens to score; at least one.</param>
public sealed record ScoringRequest(IReadOnlyList<int> Context, IReadOnlyList<int> Continuation)
{
    /// <summary>A token whose log-probability is also returned at each position, such as the mark of a call; null: none.</summary>
    public int? Watched { get; init; }
}

/// <summary>A token of a scored text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogProbability">ln p(token | the tokens before it).</param>
/// <param name="IsLikeliest">Whether it is the most likely token, which greedy decoding generates.</param>
public readonly record struct TokenScore(int Id, double LogProbability, bool IsLikeliest)
{
    /// <summary>ln p(the watched token | the tokens before it); null unless <see cref="ScoringRequest.Watched"/> names one.</summary>
    public double? Watched { get; init; }
}
