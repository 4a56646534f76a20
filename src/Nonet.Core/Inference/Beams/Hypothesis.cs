namespace Nonet.Inference.Beams;

/// <summary>One output of a beam search.</summary>
/// <param name="Tokens">Its ids, without start and end.</param>
/// <param name="LogProbability">Sum of the log-probabilities of its tokens and of its end, in nats.</param>
/// <param name="Score">That over the length penalty: what hypotheses are ranked by.</param>
/// <param name="Ended">Whether the model ended it; otherwise the bound on its length did.</param>
public sealed record Hypothesis(int[] Tokens, double LogProbability, double Score, bool Ended);
