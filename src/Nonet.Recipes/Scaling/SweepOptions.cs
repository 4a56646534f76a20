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
    [Option("Which runs are made: grid (every size with every number of tokens), isoflop (every size with every number of FLOPs, so with C / 6N tokens) or both.")]
    public SweepPlan Plan { get; init; }

    [Option("Wanted parameters; those that the proposed shapes have are what is used from there on.", Least = 1000, Most = 1e12, Expected = "a list of numbers of parameters")]
    public IReadOnlyList<double> Sizes { get; init; } = [];

    [Option("Whether sizes have the token table in them, and which N the plan's C = 6ND and tokens per parameter are of.")]
    public ParameterCounting Counting { get; init; }

    [Option("D of a grid; null: by tokens_per_parameter. An IsoFLOP plan does not use it.", Least = 1000, Expected = "a list of numbers of tokens of at least 1000")]
    public IReadOnlyList<double>? Tokens { get; init; }

    [Option("D / N of a grid; null: by tokens.", Above = 0, Expected = "a list of numbers above 0")]
    public IReadOnlyList<double>? TokensPerParameter { get; init; }

    [Option("C of an IsoFLOP plan; a grid does not use it.", Above = 0, Expected = "a list of numbers of FLOPs above 0")]
    public IReadOnlyList<double>? Flops { get; init; }

    [Option("Each run is made with each: initialization, order of the text.", Expected = "a list of seeds")]
    public IReadOnlyList<ulong> Seeds { get; init; } = [1];

    [Option("The highest learning rate of a size: fixed (the recipe's), power (times (N / N of the first)^−exponent), or search (of rates the one that the size's shortest run does best with).")]
    public RateRule Rate { get; init; }

    [Option("Of rate: power.", Least = -2, Most = 2)]
    public double Exponent { get; init; } = 0.25;

    [Option("Of rate: search, which alone uses it.", Above = 0, Expected = "a list of learning rates above 0")]
    public IReadOnlyList<double>? Rates { get; init; }

    [Option("Part of a run's updates until the highest rate.", Least = 0, Below = 1)]
    public double Warmup { get; init; } = 0.05;

    [Option("Times that a run is measured on the held-out text and saved, its end among them.", Least = 1)]
    public int Evaluations { get; init; } = 2;

    [Option("Batches whose gradients are compared at the end of a run for the noise scale; 0: none.", Least = 0)]
    public int NoiseBatches { get; init; } = 16;

    [Option("Whether the grid's runs of the largest size are kept out of the fits, to be predicted: largest or none. IsoFLOP runs are never.")]
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
