using Nonet.Scaling.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>Which runs a sweep makes of its sizes.</summary>
public enum SweepPlan
{
    /// <summary>Every size with every number of tokens.</summary>
    Grid,

    /// <summary>Every size with every number of FLOPs, so with C / 6N tokens.</summary>
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

/// <summary>What a sweep varies.</summary>
public sealed record SweepOptions
{
    public SweepPlan Plan { get; init; }

    /// <summary>Wanted parameters; those that the proposed shapes have are what is used from there on.</summary>
    public IReadOnlyList<double> Sizes { get; init; } = [];

    /// <summary>Whether sizes have the token table in them, and which N the plan's C = 6ND and tokens per parameter are of.</summary>
    public ParameterCounting Counting { get; init; }

    /// <summary>D of a grid; null: by <see cref="TokensPerParameter"/>. An IsoFLOP plan does not use it.</summary>
    public IReadOnlyList<double>? Tokens { get; init; }

    /// <summary>D / N of a grid; null: by <see cref="Tokens"/>.</summary>
    public IReadOnlyList<double>? TokensPerParameter { get; init; }

    /// <summary>C of an IsoFLOP plan; a grid does not use it.</summary>
    public IReadOnlyList<double>? Flops { get; init; }

    /// <summary>Each run is made with each: initialization, order of the text.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [1];

    public RateRule Rate { get; init; }

    /// <summary>Of <see cref="RateRule.Power"/>.</summary>
    public double Exponent { get; init; } = 0.25;

    /// <summary>Of <see cref="RateRule.Search"/>.</summary>
    public IReadOnlyList<double>? Rates { get; init; }

    /// <summary>Part of a run's updates until the highest rate.</summary>
    public double Warmup { get; init; } = 0.05;

    /// <summary>Times that a run is measured on the held-out text and saved, its end among them.</summary>
    public int Evaluations { get; init; } = 2;

    /// <summary>Batches whose gradients are compared at the end of a run for the noise scale; 0: none.</summary>
    public int NoiseBatches { get; init; } = 16;

    /// <summary>Whether the grid's runs of the largest size are marked as held out, to be predicted. IsoFLOP runs are never.</summary>
    public bool HoldOutLargest { get; init; } = true;

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
