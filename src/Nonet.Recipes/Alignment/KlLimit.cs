using System.Globalization;
using Nonet.Alignment;
using Nonet.Training;

namespace Nonet.Recipes.Alignment;

/// <summary>Ends a run whose policy is too far from its reference.</summary>
static class KlLimit
{
    /// <exception cref="DivergedException">The KL is above the limit or not finite. The message names the last good checkpoint.</exception>
    public static void Check(KlOptions options, double kl, TrainingRun run)
    {
        if (double.IsFinite(kl) && !(kl > options.Limit))
            return;
        var checkpoint = run.Checkpoints.Last is { } last ? $"the last good checkpoint is {last}" : "there is no checkpoint yet";
        throw new DivergedException(run.Step, "the KL per response", kl, string.Create(CultureInfo.InvariantCulture,
            $"training.kl.limit is {options.Limit}; raise training.kl.beta, or set training.kl.target; {checkpoint}"));
    }
}
