using Nonet.Data.Preferences;
using PreferenceRanking = Nonet.Data.Preferences.Ranking;

namespace Nonet.Server.Ranking;

/// <summary>A labeller's judgement of the answers of a task.</summary>
sealed record Judgement
{
    public const int LowestScore = 1, HighestScore = 7;

    /// <summary>Rank of each answer: 1 is the best, equal ranks are ties, null means not ranked.</summary>
    public required IReadOnlyList<int?> Ranks { get; init; }

    /// <summary>Score of each answer, from 1 to 7; null means not scored.</summary>
    public required IReadOnlyList<int?> Scores { get; init; }

    /// <summary>Names of the flags of each answer: see <see cref="RankingFlag"/>.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Flags { get; init; }

    /// <summary>Pairs (better, worse) of an imported line that has no ranks; null: the ranks determine them.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Pairs { get; init; }

    /// <summary>An empty judgement of the given number of answers.</summary>
    public static Judgement Empty(int answers) =>
        new() { Ranks = new int?[answers], Scores = new int?[answers], Flags = [.. Enumerable.Range(0, answers).Select(_ => Array.Empty<string>())] };

    /// <summary>The judgement as a ranking of the answers of a task.</summary>
    public PreferenceRanking Of(RankingTask task)
    {
        string[] answers = [.. task.Answers.Select(a => a.Text)];
        return Pairs is null ? PreferenceRanking.Of(task.Prompt, answers, Ranks)
            : new PreferenceRanking { Prompt = task.Prompt, Answers = answers, Pairs = [.. Pairs.Select(p => new RankedPair(p[0], p[1]))] };
    }

    /// <summary>The same judgement of answers in another order: answer i here is answer order[i] of the result.</summary>
    public Judgement Reordered(IReadOnlyList<int> order)
    {
        var (ranks, scores, flags) = (new int?[order.Count], new int?[order.Count], new IReadOnlyList<string>[order.Count]);
        for (var i = 0; i < order.Count; i++)
            (ranks[order[i]], scores[order[i]], flags[order[i]]) = (Ranks[i], Scores[i], Flags[i]);
        return new Judgement
        {
            Ranks = ranks,
            Scores = scores,
            Flags = flags,
            Pairs = Pairs is null ? null : [.. Pairs.Select(p => new[] { order[p[0]], order[p[1]] })],
        };
    }

    /// <summary>The same with ranks 1, 2, 3, ... without gaps.</summary>
    public Judgement WithDenseRanks()
    {
        int[] used = [.. Ranks.OfType<int>().Distinct().Order()];
        return this with { Ranks = [.. Ranks.Select(r => r is { } rank ? Array.IndexOf(used, rank) + 1 : (int?)null)] };
    }

    /// <summary>Describes the first error in a judgement of the given number of answers; null if there is none.</summary>
    public string? Fault(int answers)
    {
        if (Ranks.Count != answers || Scores.Count != answers || Flags.Count != answers)
            return $"found {Ranks.Count} ranks, {Scores.Count} scores and {Flags.Count} lists of flags; expected {answers} of each, one for each answer";
        if (Flags.Any(f => f is null || f.Any(name => name is null)))
            return "found null among the flags; expected lists of names";
        if (Ranks.FirstOrDefault(r => r is < 1 || r > answers) is { } rank)
            return $"found the rank {rank}; expected 1 to {answers}, or null";
        if (Scores.FirstOrDefault(s => s is < LowestScore or > HighestScore) is { } score)
            return $"found the score {score}; expected {LowestScore} to {HighestScore}, or null";
        var flags = Flags.SelectMany(f => f).FirstOrDefault(f => !RankingFlag.All.Any(known => known.Name == f));
        return flags is null ? null : $"found the flag '{flags}'; expected {string.Join(", ", RankingFlag.All.Select(f => f.Name))}";
    }
}
