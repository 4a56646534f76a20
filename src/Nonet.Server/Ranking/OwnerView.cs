using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Ranking;

/// <summary>Progress and agreement for the owner's page. Pages that ask at the same time share one read of the store.</summary>
sealed class OwnerView(RankingStore store, RankingServerOptions options, TaskPreparation tasks)
{
    static readonly long freshFor = TimeSpan.TicksPerSecond;

    readonly Lock one = new();
    Task<OwnerReply>? look;
    long begun;

    public Task<OwnerReply> State()
    {
        lock (one)
        {
            if (look is null || look.IsCompleted && (!look.IsCompletedSuccessfully || DateTime.UtcNow.Ticks - begun > freshFor))
                (look, begun) = (Look(), DateTime.UtcNow.Ticks);
            return look;
        }
    }

    async Task<OwnerReply> Look()
    {
        var all = await store.Tasks().ConfigureAwait(false);
        var labellers = await store.Labellers().ConfigureAwait(false);
        var judgements = await store.Judgements().ConfigureAwait(false);
        var counts = (await store.Counts().ConfigureAwait(false)).ToLookup(c => c.Labeller);
        var rewards = options.Reward is null ? null : tasks.Rewards;
        var now = store.Now;
        int Count(Labeller labeller, params JudgementState[] states) => counts[labeller.Id].Where(c => states.Contains(c.State)).Sum(c => c.Count);
        return new OwnerReply(store.Place, all.Count, options.Overlap, tasks.Progress, tasks.Problem,
            judgements.GroupBy(j => j.Task.Id, StringComparer.Ordinal).Sum(g => Math.Min(g.Count(), options.Overlap)),
            [
                .. labellers.Select(l => new LabellerOnPage(l.Id, l.Name, Count(l, JudgementState.Done), Count(l, JudgementState.Skipped),
                    Count(l, JudgementState.Open, JudgementState.Draft), LinkState(l, now), l.Invited, Agreement.BetweenLabellers(judgements, l.Name),
                    rewards is null ? null : Agreement.WithRewards(judgements.Where(j => j.Labeller == l.Name), rewards)))
            ],
            Agreement.BetweenLabellers(judgements), rewards is null ? null : Agreement.WithRewards(judgements, rewards), options.Reward is not null);
    }

    static string LinkState(Labeller labeller, long now) => !labeller.Invited ? "from a file" : labeller.Revoked ? "withdrawn"
        : labeller.Expires <= now ? "expired" : labeller.Browser is null ? "not used yet" : "in use";
}
