using Nonet.Files;

namespace Nonet.Alignment;

/// <summary>β, the weight of the KL penalty: fixed, or adapted towards a target.</summary>
public sealed record KlOptions
{
    /// <summary>β at the start. The fixed value of Ouyang et al. 2022, appendix C.4.</summary>
    [Option("β, the weight of the KL penalty; with a target, its value at the start.", Least = 0)]
    public double Beta { get; init; } = 0.02;

    /// <summary>KL per response, in nats, that an adaptive β aims at; null: β stays fixed.</summary>
    [Option("KL per response, in nats, that an adaptive β aims at; null: β stays fixed.", Above = 0)]
    public double? Target { get; init; }

    /// <summary>Horizon of an adaptive β, in episodes. A larger one changes β more slowly.</summary>
    [Option("Horizon of an adaptive β, in episodes. A larger one changes β more slowly.", Least = 1)]
    public double Horizon { get; init; } = 10_000;

    /// <summary>The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.</summary>
    [Option("The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.", Above = 0)]
    public double? Limit { get; init; } = 100;
}

/// <summary>
/// Follows <see cref="KlOptions"/>. With a target, β ← β (1 + clip(KL / target − 1, ±0.2) · n / horizon) after n episodes: Ziegler et al. 2019, section 2.2.
/// </summary>
public sealed class KlController(KlOptions options)
{
    const double MostError = 0.2;

    /// <summary>β now. It belongs to the state of a run.</summary>
    public double Beta { get; set; } = options.Beta;

    /// <summary>Records the mean KL of some episodes, in nats per response.</summary>
    public void Update(double kl, int episodes)
    {
        if (options.Target is { } target)
            Beta *= 1 + Math.Clamp(kl / target - 1, -MostError, MostError) * episodes / options.Horizon;
    }
}
