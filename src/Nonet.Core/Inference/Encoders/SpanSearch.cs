namespace Nonet.Inference.Encoders;

/// <summary>Limits of the search for answers.</summary>
public sealed record SpanOptions
{
    /// <summary>Maximum number of tokens in an answer.</summary>
    public int MaxTokens { get; init; } = 30;

    /// <summary>Number of starts and of ends to try in each window, and number of answers to keep.</summary>
    public int Best { get; init; } = 20;
}

/// <summary>A part of a passage that may be the answer.</summary>
/// <param name="Start">Start in the passage, in UTF-16 units.</param>
/// <param name="End">End in the passage, exclusive.</param>
/// <param name="Score">Start logit plus end logit.</param>
public readonly record struct ScoredSpan(int Start, int End, double Score);

/// <summary>The best answers to a question over the windows of its passage.</summary>
/// <param name="Spans">Candidates, the best first. If several windows contain the same part, it has the best of their scores.</param>
/// <param name="NullScore">Score of "no answer": start plus end logit of the first token, the minimum over all windows.</param>
public sealed record SpanSearchResult(IReadOnlyList<ScoredSpan> Spans, double NullScore)
{
    /// <summary>
    /// Score of "no answer" minus the score of the best answer. The prediction is "no answer" if this exceeds a threshold, which is 0 or tuned. The threshold
    /// is −τ of Devlin et al. 2018, section 4.3.
    /// </summary>
    public double NullMargin => Spans.Count == 0 ? double.PositiveInfinity : NullScore - Spans[0].Score;
}

/// <summary>Finds answers from the logits of their starts and ends. Devlin et al. 2018, sections 4.2 and 4.3; released code, run_squad.py.</summary>
public static class SpanSearch
{
    /// <param name="windows">The windows of one passage.</param>
    /// <param name="starts">Start logits of each window, one per token.</param>
    /// <param name="ends">End logits of each window, one per token.</param>
    /// <param name="options">Null: the defaults.</param>
    public static SpanSearchResult Find(IReadOnlyList<PassageWindow> windows, IReadOnlyList<float[]> starts, IReadOnlyList<float[]> ends,
        SpanOptions? options = null)
    {
        options ??= new SpanOptions();
        var spans = new Dictionary<(int, int), double>();
        var nullScore = double.PositiveInfinity;
        foreach (var (w, window) in windows.Index())
        {
            var (start, end) = (starts[w], ends[w]);
            if (start.Length != window.Tokens.Count || end.Length != start.Length)
                throw new ArgumentException($"window {w} of {window.Tokens.Count} tokens has {start.Length} start and {end.Length} end logits");
            nullScore = Math.Min(nullScore, (double)start[0] + end[0]);
            foreach (var first in Highest(start, window, options.Best))
            {
                if (!window.HasMostContext[first - window.First])
                    continue;
                foreach (var last in Highest(end, window, options.Best))
                {
                    if (last < first || last - first >= options.MaxTokens)
                        continue;
                    var (key, score) = ((window.Tokens[first].Start, window.Tokens[last].End), (double)start[first] + end[last]);
                    if (!spans.TryGetValue(key, out var known) || score > known)
                        spans[key] = score;
                }
            }
        }
        return new SpanSearchResult(
            [.. spans.Select(s => new ScoredSpan(s.Key.Item1, s.Key.Item2, s.Value)).OrderByDescending(s => s.Score).ThenBy(s => s.Start).ThenBy(s => s.End)
                .Take(options.Best)], nullScore);
    }

    /// <summary>The tokens of the passage with the highest logits.</summary>
    static int[] Highest(float[] logits, PassageWindow window, int count) =>
        [.. Enumerable.Range(window.First, window.Count).OrderByDescending(i => logits[i]).Take(count)];
}
