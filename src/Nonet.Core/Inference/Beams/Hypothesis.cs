namespace Nonet.Inference.Beams;

/// <summary>One output of a beam search.</summary>
/// <param name="Tokens">Its ids, without start and end.</param>
/// <param name="LogProbability">Sum of the log-probabilities of its tokens and of its end, in nats.</param>
/// <param name="Score">The log-probability divided by the length penalty, by which hypotheses are ranked.</param>
/// <param name="Ended">Whether the model ended it; otherwise it reached the maximum length.</param>
public sealed record Hypothesis(int[] Tokens, double LogProbability, double Score, bool Ended);
