using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>Which runs a sweep makes of its sizes.</summary>
public enum SweepPlan
{
    /// <summary>Every size with every number of tokens.</summary>
    Grid,

    /// <summary>Every size with every number of FLOPs, so with C / 6N tokens.</summary>
    [JsonStringEnumMemberName("isoflop")]
    IsoFlop,

    /// <summary>The runs of both.</summary>
    Both,
}

/// <summary>The highest learning rate of a size.</summary>
public enum RateRule
{
    /// <summary>That of the recipe for all.</summary>
    Fixed,

    /// <summary>That of the recipe for the first size, and times (N / N of the first)^−exponent for the others.</summary>
    Power,

    /// <summary>Of some rates the one that the size's shortest run does best with.</summary>
    Search,
}

/// <summary>The runs of a sweep that are kept out of the fits, to be predicted.</summary>
public enum HeldOutRuns
{
    /// <summary>The grid's runs of the largest size.</summary>
    Largest,

    /// <summary>None.</summary>
    None,
}

/// <summary>What a sweep varies.</summary>
public sealed record SweepOptions
{
    [Option("The runs: grid (every size with every number of tokens), isoflop (every size with every number of FLOPs, thus with C / 6N tokens), or both.")]
    public SweepPlan Plan { get; init; }

    [Option("Wanted numbers of parameters. The sweep chooses shapes close to them and then uses the actual numbers.", Least = 1000, Most = 1e12, Expected = "a list of numbers of parameters")]
    public IReadOnlyList<double> Sizes { get; init; } = [];

    [Option("Whether parameters, in sizes, C = 6ND and tokens per parameter, include the token table.")]
    public ParameterCounting Counting { get; init; }

    [Option("Training tokens (D) of a grid. Null: tokens_per_parameter decides. An IsoFLOP plan does not use it.", Least = 1000, Expected = "a list of numbers of tokens of at least 1000")]
    public IReadOnlyList<double>? Tokens { get; init; }

    [Option("Training tokens per parameter (D / N) of a grid. Null: tokens decides.", Above = 0, Expected = "a list of numbers above 0")]
    public IReadOnlyList<double>? TokensPerParameter { get; init; }

    [Option("Compute budgets C of an IsoFLOP plan, in FLOPs. A grid does not use them.", Above = 0, Expected = "a list of numbers of FLOPs above 0")]
    public IReadOnlyList<double>? Flops { get; init; }

    [Option("Every run is made once with each seed, which determines the initial weights and the order of the text.", Expected = "a list of seeds")]
    public IReadOnlyList<ulong> Seeds { get; init; } = [1];

    [Option("Peak learning rate of each size: fixed (the recipe's), power (the recipe's times (N / first N)^−exponent), or search (the best of rates in the size's shortest run).")]
    public RateRule Rate { get; init; }

    [Option("Exponent for rate: power.", Least = -2, Most = 2)]
    public double Exponent { get; init; } = 0.25;

    [Option("Learning rates to try for rate: search. Other values of rate do not use it.", Above = 0, Expected = "a list of learning rates above 0")]
    public IReadOnlyList<double>? Rates { get; init; }

    [Option("Warm-up, as a fraction of a run's updates.", Least = 0, Below = 1)]
    public double Warmup { get; init; } = 0.05;

    [Option("Number of evaluations and checkpoints per run, including the one at the end.", Least = 1)]
    public int Evaluations { get; init; } = 2;

    [Option("Batches whose gradients give the gradient noise scale at the end of a run. 0: it is not measured.", Least = 0)]
    public int NoiseBatches { get; init; } = 16;

    [Option("largest: the fits leave out the grid's runs of the largest size and predict them. none: they use all runs. IsoFLOP runs are never left out.")]
    public HeldOutRuns HeldOut { get; init; }

    /// <summary>What the fields must satisfy together. Throws an <see cref="ArgumentException"/> that names the key.</summary>
    internal void Check()
    {
        Need(Sizes.Count > 0, "sizes", "no sizes", "a list of parameters");
        Once(Sizes, "sizes");
        Need(Seeds.Count > 0, "seeds", "no seeds", "a list of seeds");
        Once(Seeds, "seeds");
        Grid();
        Need(Plan == SweepPlan.Grid || Flops is { Count: > 0 }, "flops", "nothing", "a list of training FLOPs, for the isoflop plan");
        Once(Flops ?? [], "flops");
        Need(Rate != RateRule.Search || Rates is { Count: > 1 }, "rates", Rates is null ? "nothing" : "fewer than two", "a list of at least two learning rates, for rate: search");
        Once(Rates ?? [], "rates");
        Need(NoiseBatches != 1, "noise_batches", "1", "at least 2, or 0 for none");
    }

    void Grid()
    {
        if (Plan == SweepPlan.IsoFlop)
            return;
        Need(Tokens is null || TokensPerParameter is null, "tokens", "a list, and tokens_per_parameter another", "one of the two");
        Need((Tokens ?? TokensPerParameter) is { Count: > 0 }, "tokens", "nothing", "a list of tokens, or tokens_per_parameter, for the grid");
        Once(Tokens ?? TokensPerParameter ?? [], Tokens is null ? "tokens_per_parameter" : "tokens");
    }

    static void Once<T>(IReadOnlyList<T> values, string key)
    {
        if (values.GroupBy(v => v).FirstOrDefault(g => g.Count() > 1) is { } twice)
            Need(false, key, FormattableString.Invariant($"{twice.Key} {twice.Count()} times"), "each value once");
    }

    static void Need(bool holds, string key, string found, string expected)
    {
        if (!holds)
            throw new ArgumentException($"sweep.{key}: found {found}; expected {expected}");
    }
}
