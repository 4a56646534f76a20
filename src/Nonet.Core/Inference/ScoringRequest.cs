namespace Nonet.Inference;

/// <summary>Asks for the log-probabilities of tokens that are given.</summary>
/// <param name="Context">The tokens before the continuation, at least one: the start token, if nothing else stands there.</param>
/// <param name="Continuation">The tokens that are scored, at least one.</param>
public sealed record ScoringRequest(IReadOnlyList<int> Context, IReadOnlyList<int> Continuation)
{
    /// <summary>A token whose log-probability is given beside that of each token, such as the mark of a call; null: none.</summary>
    public int? Watched { get; init; }
}

/// <summary>A token of a scored text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogProbability">ln p(token | the tokens before it).</param>
/// <param name="IsLikeliest">Whether no token was likelier: greedy decoding would have written it.</param>
public readonly record struct TokenScore(int Id, double LogProbability, bool IsLikeliest)
{
    /// <summary>ln p(the watched token | the tokens before it); null unless <see cref="ScoringRequest.Watched"/> names one.</summary>
    public double? Watched { get; init; }
}
