namespace Nonet.Evaluation.Translation;

/// <summary>Replacement for a precision of zero. Chen and Cherry 2014.</summary>
public enum BleuSmoothing
{
    /// <summary>Nothing: the score is 0.</summary>
    None,

    /// <summary>1 / (2^k · total) for the k-th order without a match: method 3, as in mteval.</summary>
    Exponential,

    /// <summary>The smoothing value in place of a match count of 0: method 1.</summary>
    Floor,

    /// <summary>The smoothing value is added to the matches and totals of orders above 1: method 2.</summary>
    AddK,
}

/// <summary>How BLEU is computed. The defaults are sacreBLEU's.</summary>
public sealed record BleuOptions
{
    /// <summary>Tokenization of hypotheses and references.</summary>
    public BleuTokenization Tokenization { get; init; } = BleuTokenization.Mteval13a;

    /// <summary>Smoothing of n-gram orders without matches.</summary>
    public BleuSmoothing Smoothing { get; init; } = BleuSmoothing.Exponential;

    /// <summary>Smoothing value of <see cref="BleuSmoothing.Floor"/> (null: 0.1) and <see cref="BleuSmoothing.AddK"/> (null: 1).</summary>
    public double? SmoothingValue { get; init; }

    /// <summary>Whether text is lowercased first.</summary>
    public bool Lowercase { get; init; }

    /// <summary>Whether to leave out orders for which the hypothesis is too short. Sentence scores always leave them out.</summary>
    public bool EffectiveOrder { get; init; }
}
