using System.Diagnostics;
using Nonet.Alignment.Rewards;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Alignment;

/// <summary>Figures of a rollout, for its line in the metrics and its plots.</summary>
static class RolloutScores
{
    /// <param name="responses">The responses.</param>
    /// <param name="reward">Mean of their rewards.</param>
    /// <param name="kl">KL from the reference per response, in nats.</param>
    /// <param name="own">ln π of each token of each response.</param>
    /// <param name="start">Time stamp of the rollout's start.</param>
    /// <param name="generation">Time until the responses were complete.</param>
    /// <param name="others">Figures of this kind of training.</param>
    public static List<Score> Of(Response[] responses, double reward, double kl, double[][] own, long start, TimeSpan generation, params Score[] others) =>
    [
        new("reward", reward), new("kl", kl), .. others, new("entropy", -own.Sum(o => o.Sum()) / own.Sum(o => o.Length)),
        new("response_length", responses.Average(r => r.Ids.Length)), new("stopped", responses.Average(r => r.Stopped ? 1.0 : 0)),
        new("generation_seconds", generation.TotalSeconds), new("rollout_seconds", Stopwatch.GetElapsedTime(start).TotalSeconds),
    ];
}
