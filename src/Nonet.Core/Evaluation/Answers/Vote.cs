using Nonet.Tensors;

namespace Nonet.Evaluation.Answers;

/// <summary>One sampled path.</summary>
/// <param name="Answer">Its answer in canonical form; null if none could be read.</param>
/// <param name="LogProbability">ln P of its text.</param>
/// <param name="Tokens">Tokens of its text.</param>
public readonly record struct SampledPath(string? Answer, double LogProbability = 0, int Tokens = 1);

/// <summary>Result of a vote.</summary>
/// <param name="Answer">The winner; null if no path had an answer.</param>
/// <param name="Agreement">The winner's share of the votes, a measure of confidence. Paths without an answer count in the total.</param>
public readonly record struct VoteResult(string? Answer, double Agreement);

/// <summary>
/// Self-consistency: the answer on which most of several sampled paths agree. Wang et al. 2022. Paths without an answer do not vote. In a tie, the answer
/// seen first wins.
/// </summary>
public static class Vote
{
    /// <summary>Every path has one vote: equation 1 without weights, the paper's choice.</summary>
    public static VoteResult Majority(ReadOnlySpan<SampledPath> paths) => Count(paths, _ => 1);

    /// <summary>Every path has the weight exp(ln P / tokens): equation 1, normalised by length.</summary>
    public static VoteResult Weighted(ReadOnlySpan<SampledPath> paths) => Count(paths, p => Math.Exp(p.LogProbability / Math.Max(1, p.Tokens)));

    /// <summary>
    /// Accuracy of a vote among m of the paths: the mean over each path alone for m = 1, the vote of all for m = the number of paths, otherwise the mean over
    /// random subsets.
    /// </summary>
    /// <param name="paths">All paths of an item.</param>
    /// <param name="m">Number of paths in a vote.</param>
    /// <param name="isRight">Whether an answer is right.</param>
    /// <param name="seed">Seed of the subsets.</param>
    /// <param name="subsets">Number of subsets.</param>
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
