using System.Globalization;
using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>Runs that a sweep makes for its sizes.</summary>
public enum SweepPlan
{
    /// <summary>Every size with every number of tokens.</summary>
    Grid,

    /// <summary>Every size with every number of FLOPs C, hence with C / 6N tokens.</summary>
    [JsonStringEnumMemberName("isoflop")]
    IsoFlop,

    /// <summary>The runs of both plans.</summary>
    Both,
}

/// <summary>Peak learning rate of each size.</summary>
public enum RateRule
{
    /// <summary>The rate of the recipe for all sizes.</summary>
    Fixed,

    /// <summary>The rate of the recipe for the first size, multiplied by (N / N of the first)^−exponent for the others.</summary>
    Power,

    /// <summary>The best of several rates for the shortest run of the size.</summary>
    Search,
}

/// <summary>Runs of a sweep that the fits leave out in order to predict them.</summary>
public enum HeldOutRuns
{
    /// <summary>The runs of the largest size of the grid.</summary>
    Largest,

    /// <summary>No runs.</summary>
    None,
}

/// <summary>Settings that a sweep varies.</summary>
public sealed record SweepOptions
{
    /// <summary>
    /// Runs of the sweep: grid (every size with every number of tokens), isoflop (every size with every number of FLOPs C, hence with C /
    /// 6N tokens) or both.
    /// </summary>
    [Option("Runs of the sweep: grid (every size with every number of tokens), isoflop (every size with every number of FLOPs C, hence with C / 6N tokens) "
        + "or both.")]
    public SweepPlan Plan { get; init; }

    /// <summary>Desired numbers of parameters. The sweep then uses the exact numbers of the proposed shapes.</summary>
    [Option("Desired numbers of parameters. The sweep then uses the exact numbers of the proposed shapes.", Least = 1000, Most = 1e12,
        Expected = "a list of numbers of parameters")]
    public IReadOnlyList<double> Sizes { get; init; } = [];

    /// <summary>Whether the sizes include the token table. It also determines N in C = 6ND and in tokens per parameter.</summary>
    [Option("Whether the sizes include the token table. It also determines N in C = 6ND and in tokens per parameter.")]
    public ParameterCounting Counting { get; init; }

    /// <summary>Numbers of tokens D for a grid; null: from tokens_per_parameter. An IsoFLOP plan does not use them.</summary>
    [Option("Numbers of tokens D for a grid; null: from tokens_per_parameter. An IsoFLOP plan does not use them.", Least = 1000,
        Expected = "a list of numbers of tokens of at least 1000")]
    public IReadOnlyList<double>? Tokens { get; init; }

    /// <summary>Ratios D / N for a grid; null: tokens is set instead.</summary>
    [Option("Ratios D / N for a grid; null: tokens is set instead.", Above = 0, Expected = "a list of numbers above 0")]
    public IReadOnlyList<double>? TokensPerParameter { get; init; }

    /// <summary>Numbers of FLOPs C for an IsoFLOP plan; a grid does not use them.</summary>
    [Option("Numbers of FLOPs C for an IsoFLOP plan; a grid does not use them.", Above = 0, Expected = "a list of numbers of FLOPs above 0")]
    public IReadOnlyList<double>? Flops { get; init; }

    /// <summary>Each run is repeated with each seed, which determines the initial weights and the order of the text.</summary>
    [Option("Each run is repeated with each seed, which determines the initial weights and the order of the text.", Expected = "a list of seeds")]
    public IReadOnlyList<ulong> Seeds { get; init; } = [1];

    /// <summary>
    /// Peak learning rate of each size: fixed (the recipe's), power (multiplied by (N / N of the first size)^−exponent), or search (the
    /// best of rates for the shortest run of the size).
    /// </summary>
    [Option("Peak learning rate of each size: fixed (the recipe's), power (multiplied by (N / N of the first size)^−exponent), or search (the best of rates "
        + "for the shortest run of the size).")]
    public RateRule Rate { get; init; }

    /// <summary>Exponent for rate: power.</summary>
    [Option("Exponent for rate: power.", Least = -2, Most = 2)]
    public double Exponent { get; init; } = 0.25;

    /// <summary>Learning rates for rate: search.</summary>
    [Option("Learning rates for rate: search.", Above = 0, Expected = "a list of learning rates above 0")]
    public IReadOnlyList<double>? Rates { get; init; }

    /// <summary>Length of the warm-up as a share of a run's updates.</summary>
    [Option("Length of the warm-up as a share of a run's updates.", Least = 0, Below = 1)]
    public double Warmup { get; init; } = 0.05;

    /// <summary>Number of evaluations and checkpoints in a run, including those at its end.</summary>
    [Option("Number of evaluations and checkpoints in a run, including those at its end.", Least = 1)]
    public int Evaluations { get; init; } = 2;

    /// <summary>Number of batches from which the gradient noise scale is measured at the end of a run; 0: no measurement.</summary>
    [Option("Number of batches from which the gradient noise scale is measured at the end of a run; 0: no measurement.", Least = 0)]
    public int NoiseBatches { get; init; } = 16;

    /// <summary>
    /// Runs of the grid that the fits leave out in order to predict them: largest (the largest size) or none. IsoFLOP runs are never left
    /// out.
    /// </summary>
    [Option("Runs of the grid that the fits leave out in order to predict them: largest (the largest size) or none. IsoFLOP runs are never left out.")]
    public HeldOutRuns HeldOut { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the key if the settings are inconsistent.</summary>
    internal void Check()
    {
        Need(Sizes.Count > 0, "sizes", "no sizes", "a list of parameters");
        Once(Sizes, "sizes");
        Need(Seeds.Count > 0, "seeds", "no seeds", "a list of seeds");
        Once(Seeds, "seeds");
        Grid();
        Need(Plan == SweepPlan.Grid || Flops is { Count: > 0 }, "flops", "nothing", "a list of training FLOPs, for the isoflop plan");
        Once(Flops ?? [], "flops");
        Need(Rate != RateRule.Search || Rates is { Count: > 1 }, "rates", Rates is null ? "nothing" : "fewer than two",
            "a list of at least two learning rates, for rate: search");
        Once(Rates ?? [], "rates");
        Need(NoiseBatches != 1, "noise_batches", "1", "at least 2, or 0 for none");
    }

    void Grid()
    {
        if (Plan == SweepPlan.IsoFlop)
            return;
        Need(Tokens is null || TokensPerParameter is null, "tokens", "a list although tokens_per_parameter is set too", "one of the two");
        Need((Tokens ?? TokensPerParameter) is { Count: > 0 }, "tokens", "nothing", "a list of tokens, or tokens_per_parameter, for the grid");
        Once(Tokens ?? TokensPerParameter ?? [], Tokens is null ? "tokens_per_parameter" : "tokens");
    }

    static void Once<T>(IReadOnlyList<T> values, string key)
    {
        if (values.GroupBy(v => v).FirstOrDefault(g => g.Count() > 1) is { } twice)
            Need(false, key, string.Create(CultureInfo.InvariantCulture, $"{twice.Key} {twice.Count()} times"), "each value once");
    }

    static void Need(bool holds, string key, string found, string expected)
    {
        if (!holds)
            throw new ArgumentException($"sweep.{key}: found {found}; expected {expected}");
    }
}
