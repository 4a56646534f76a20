using Nonet.Data.Preferences;
using Nonet.Evaluation.Metrics;

namespace Nonet.Server.Ranking;

/// <summary>Share of compared pairs on which raters agree, with its uncertainty.</summary>
/// <param name="Value">The share.</param>
/// <param name="Low">Lower end of the 95 % interval by the bootstrap over tasks.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Pairs">Number of compared pairs.</param>
/// <param name="Tasks">Number of tasks with such pairs.</param>
sealed record AgreementShare(double Value, double Low, double High, int Pairs, int Tasks);

/// <summary>
/// How often two raters prefer the same of two answers. A pair counts for two raters who both ranked it without a tie. Ouyang et al. 2022, section 3.4, report
/// 72.6 ± 1.5 % between their labellers.
/// </summary>
static class Agreement
{
    /// <summary>Agreement between all pairs of labellers, or between one labeller and all others.</summary>
    public static AgreementShare? BetweenLabellers(IReadOnlyList<StoredJudgement> judgements, string? one = null)
    {
        var tasks = new List<(double Agreed, int Pairs)>();
        foreach (var task in judgements.GroupBy(j => j.Task.Id, StringComparer.Ordinal))
        {
            StoredJudgement[] raters = [.. task];
            HashSet<RankedPair>[] prefers = [.. raters.Select(r => r.Judgement.Of(r.Task).Pairs.ToHashSet())];
            var (agreed, pairs) = (0, 0);
            for (var a = 0; a < raters.Length; a++)
            {
                for (var b = a + 1; b < raters.Length; b++)
                {
                    if (one is not null && raters[a].Labeller != one && raters[b].Labeller != one)
                        continue;
                    var same = prefers[a].Count(prefers[b].Contains);
                    agreed += same;
                    pairs += same + prefers[a].Count(p => prefers[b].Contains(new RankedPair(p.Worse, p.Better)));
                }
            }
            tasks.Add((agreed, pairs));
        }
        return Share(tasks);
    }

    /// <summary>Agreement between labellers and the rewards of the answers. Equal rewards count as half.</summary>
    /// <param name="judgements">Judgements of the labellers.</param>
    /// <param name="rewards">Reward of each answer by task; tasks without any are left out.</param>
    public static AgreementShare? WithRewards(IEnumerable<StoredJudgement> judgements, IReadOnlyDictionary<string, double[]> rewards)
    {
        var tasks = new List<(double Agreed, int Pairs)>();
        foreach (var task in judgements.GroupBy(j => j.Task.Id, StringComparer.Ordinal))
        {
            if (!rewards.TryGetValue(task.Key, out var r))
                continue;
            RankedPair[] pairs = [.. task.SelectMany(j => j.Judgement.Of(j.Task).Pairs)];
            tasks.Add((pairs.Sum(p => r[p.Better] > r[p.Worse] ? 1 : r[p.Better] == r[p.Worse] ? 0.5 : 0), pairs.Length));
        }
        return Share(tasks);
    }

    static AgreementShare? Share(List<(double Agreed, int Pairs)> all)
    {
        (double Agreed, int Pairs)[] tasks = [.. all.Where(t => t.Pairs > 0)];
        if (tasks.Length == 0)
            return null;
        double Of(int[] drawn) => drawn.Sum(i => tasks[i].Agreed) / drawn.Sum(i => tasks[i].Pairs);
        var interval = Interval.Bootstrap(tasks.Length, Of);
        return new AgreementShare(Of([.. Enumerable.Range(0, tasks.Length)]), interval.Low, interval.High, tasks.Sum(t => t.Pairs), tasks.Length);
    }
}
