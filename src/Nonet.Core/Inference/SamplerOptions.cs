using System.Globalization;

namespace Nonet.Inference;

/// <summary>
/// How the next token is drawn from logits. The order is: constraint mask, logit bias, repetition penalty, presence and frequency penalties, DRY, temperature,
/// top-k, top-p, min-p, typical. Mirostat replaces the last four.
/// </summary>
public sealed record SamplerOptions
{
    /// <summary>Divides the logits; 0 always takes the most likely token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Samples only from the k most likely tokens; null is off. Fan et al. 2018.</summary>
    public int? TopK { get; init; }

    /// <summary>Samples only from the fewest most likely tokens whose probabilities sum to at least p; null is off. Holtzman et al. 2019.</summary>
    public double? TopP { get; init; }

    /// <summary>Samples only from tokens that are at least this many times as likely as the most likely one; null is off. Nguyen et al. 2024.</summary>
    public double? MinP { get; init; }

    /// <summary>
    /// Samples only from the fewest tokens whose probabilities sum to at least this, in order of the distance of their surprise −ln p from the distribution's
    /// entropy; null is off. Meister et al. 2022, equation 10.
    /// </summary>
    public double? Typical { get; init; }

    /// <summary>
    /// Divides the positive logits of tokens in the prompt or the new text by this, and multiplies their negative ones; null is off. Keskar et al. 2019,
    /// section 4.1.
    /// </summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>
    /// Subtracted once from the logit of each token that the new text contains; the prompt does not count. 0 is off. The OpenAI API's definition.
    /// </summary>
    public double PresencePenalty { get; init; }

    /// <summary>
    /// Subtracted from a token's logit for each of its occurrences in the new text; the prompt does not count. 0 is off. The OpenAI API's definition.
    /// </summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of these tokens; −∞ forbids a token. Null is off.</summary>
    public IReadOnlyDictionary<int, double>? LogitBias { get; init; }

    /// <summary>Makes repetitions of a sequence of tokens unlikely; null is off.</summary>
    public DryOptions? Dry { get; init; }

    /// <summary>
    /// Keeps the surprise of the text near a target; null is off. It cannot be combined with top-k, top-p, min-p and typical, which truncate the distribution
    /// that it controls.
    /// </summary>
    public MirostatOptions? Mirostat { get; init; }

    /// <summary>Seed of the draws. The same seed, prompt and model give the same text; null: a new seed for every text.</summary>
    public ulong? Seed { get; init; } = 0;

    /// <summary>Greedy decoding: always the most likely token.</summary>
    public static SamplerOptions Greedy { get; } = new() { Temperature = 0 };

    internal void Check()
    {
        Require(Temperature >= 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "0 (greedy) or a finite number above");
        Require(TopK is null or >= 1, nameof(TopK), TopK, "at least 1, or null for no limit");
        Require(TopP is null or (> 0 and <= 1), nameof(TopP), TopP, "above 0 and at most 1, or null for no limit");
        Require(MinP is null or (>= 0 and <= 1), nameof(MinP), MinP, "a number from 0 to 1, or null for no limit");
        Require(Typical is null or (> 0 and <= 1), nameof(Typical), Typical, "above 0 and at most 1, or null for no limit");
        Require(RepetitionPenalty is not { } penalty || (penalty > 0 && double.IsFinite(penalty)), nameof(RepetitionPenalty), RepetitionPenalty,
            "a finite number above 0, or null for none");
        Require(double.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "a finite number");
        Require(double.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "a finite number");
        foreach (var (id, bias) in LogitBias ?? new Dictionary<int, double>())
        {
            Require(id >= 0, nameof(LogitBias), id, "token ids of at least 0");
            Require(!double.IsNaN(bias) && !double.IsPositiveInfinity(bias), $"{nameof(LogitBias)}[{id}]", bias,
                "a finite number, or minus infinity to forbid the token");
        }
        Dry?.Check();
        Mirostat?.Check();
        if (Mirostat is not null && (TopK is not null || TopP is not null || MinP is not null || Typical is not null))
            throw new ArgumentException(
                "SamplerOptions.Mirostat is set together with TopK, TopP, MinP or Typical; Mirostat makes its own cut: expected those to be null");
    }

    internal static void Require<T>(bool holds, string option, T found, string expected)
    {
        if (!holds)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"SamplerOptions.{option} is {found}; expected {expected}"));
    }
}

/// <summary>
/// DRY, "don't repeat yourself": a token that would extend a repeated sequence of n tokens, n at least <see cref="AllowedLength"/>, loses
/// Multiplier · Base^(n − AllowedLength) from its logit. P. E. Weidmann 2024, text-generation-webui, pull request 5677.
/// </summary>
public sealed record DryOptions
{
    /// <summary>Scale of the penalty.</summary>
    public double Multiplier { get; init; } = 0.8;

    /// <summary>How fast the penalty grows with the repeated sequence.</summary>
    public double Base { get; init; } = 1.75;

    /// <summary>The shortest repeated sequence, in tokens, whose extension is penalised.</summary>
    public int AllowedLength { get; init; } = 2;

    /// <summary>Number of last tokens to search; null: the prompt and the whole text.</summary>
    public int? Window { get; init; }

    /// <summary>Tokens that end a repeated sequence, such as those with line ends and quotation marks.</summary>
    public IReadOnlySet<int> Breakers { get; init; } = new HashSet<int>();

    /// <summary>The characters that end sequences in the original implementation.</summary>
    public static IReadOnlyList<string> DefaultBreakers { get; } = ["\n", ":", "\"", "*"];

    internal void Check()
    {
        SamplerOptions.Require(Multiplier > 0 && double.IsFinite(Multiplier), "Dry.Multiplier", Multiplier, "a finite number above 0");
        SamplerOptions.Require(Base >= 1 && double.IsFinite(Base), "Dry.Base", Base, "a finite number of at least 1");
        SamplerOptions.Require(AllowedLength >= 1, "Dry.AllowedLength", AllowedLength, "at least 1");
        SamplerOptions.Require(Window is null or >= 1, "Dry.Window", Window, "at least 1, or null for the whole text");
    }
}

/// <summary>
/// Mirostat 2: excludes tokens whose surprise exceeds μ bits. After each token, μ decreases by Rate · (surprise − Target). μ starts at 2 · Target. Basu et al.
/// 2020, "Mirostat", and algorithm 2 of its authors' code, which llama.cpp follows.
/// </summary>
public sealed record MirostatOptions
{
    /// <summary>τ: the target surprise in bits per token.</summary>
    public double Target { get; init; } = 5;

    /// <summary>η: the learning rate of μ.</summary>
    public double Rate { get; init; } = 0.1;

    internal void Check()
    {
        SamplerOptions.Require(Target > 0 && double.IsFinite(Target), "Mirostat.Target", Target, "a finite number above 0");
        SamplerOptions.Require(Rate is > 0 and <= 1, "Mirostat.Rate", Rate, "above 0 and at most 1");
    }
}
