using Nonet.Tensors;

namespace Nonet.Evaluation.Answers;

/// <summary>One sampled path.</summary>
/// <param name="Answer">What it came to, in its one form; null if none could be read.</param>
/// <param name="LogProbability">ln P of its text.</param>
/// <param name="Tokens">Tokens of its text.</param>
public readonly record struct SampledPath(string? Answer, double LogProbability = 0, int Tokens = 1);

/// <summary>The answer that a vote found.</summary>
/// <param name="Answer">The winner; null if no path had an answer.</param>
/// <param name="Agreement">The winner's share of the votes of all paths, those without an answer included: a confidence.</param>
public readonly record struct VoteResult(string? Answer, double Agreement);

/// <summary>
/// Self-consistency: the answer that most of several sampled paths agree on. Wang et al. 2022. Paths without an answer have no vote; of equal ones, the answer
/// seen first wins.
/// </summary>
public static class Vote
{
    /// <summary>One path, one vote: equation 1 without weights, the paper's choice.</summary>
    public static VoteResult Majority(ReadOnlySpan<SampledPath> paths) => Count(paths, _ => 1);

    /// <summary>Each path weighs exp(ln P / tokens): equation 1, normalised by length.</summary>
    public static VoteResult Weighted(ReadOnlySpan<SampledPath> paths) => Count(paths, p => Math.Exp(p.LogProbability / Math.Max(1, p.Tokens)));

    /// <summary>
    /// The share of right votes of m of the paths. All paths one by one for m = 1, all together for m = their number; else the mean over subsets that are
    /// drawn with a key.
    /// </summary>
    /// <param name="paths">All paths of an item.</param>
    /// <param name="m">Paths of a vote.</param>
    /// <param name="isRight">Whether an answer is right.</param>
    /// <param name="seed">Keys the subsets.</param>
    /// <param name="subsets">How many are drawn.</param>
    public static double Accuracy(IReadOnlyList<SampledPath> paths, int m, Func<string?, bool> isRight, ulong seed = 1, int subsets = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(m, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(m, paths.Count);
        if (m == 1)
            return paths.Average(p => isRight(p.Answer) ? 1.0 : 0);
        if (m == paths.Count)
            return isRight(Majority([.. paths]).Answer) ? 1 : 0;
        var (right, order) = (0, Enumerable.Range(0, paths.Count).ToArray());
        var chosen = new SampledPath[m];
        for (var s = 0; s < subsets; s++)
        {
            var key = new RandomKey(seed, (uint)s, 0).At("subsets of paths");
            for (var i = 0; i < m; i++)
            {
                var j = i + Philox.Below(key, (ulong)i, order.Length - i);
                (order[i], order[j]) = (order[j], order[i]);
                chosen[i] = paths[order[i]];
            }
            right += isRight(Majority(chosen).Answer) ? 1 : 0;
        }
        return (double)right / subsets;
    }

    static VoteResult Count(ReadOnlySpan<SampledPath> paths, Func<SampledPath, double> weight)
    {
        var votes = new Dictionary<string, double>(StringComparer.Ordinal);
        var (order, all) = (new List<string>(), 0.0);
        foreach (var path in paths)
        {
            var w = weight(path);
            all += w;
            if (path.Answer is not { } answer)
                continue;
            if (!votes.TryAdd(answer, w))
                votes[answer] += w;
            else
                order.Add(answer);
        }
        if (order.Count == 0)
            return default;
        var best = order[0];
        foreach (var answer in order)
        {
            if (votes[answer] > votes[best])
                best = answer;
        }
        return new VoteResult(best, votes[best] / all);
    }
}
