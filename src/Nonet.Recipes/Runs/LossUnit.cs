namespace Nonet.Recipes.Runs;

/// <summary>Units of losses, as reports, files and plots name them.</summary>
public static class LossUnit
{
    /// <summary>−ln p per predicted token.</summary>
    public const string NatsPerToken = "nats per token";

    /// <summary>−ln p of the label or choice, per example.</summary>
    public const string NatsPerExample = "nats per example";

    /// <summary>−ln p of the tag, per word.</summary>
    public const string NatsPerWord = "nats per word";

    /// <summary>Half of −ln p of the first and last token of an answer, per window of a passage.</summary>
    public const string NatsPerWindow = "nats per window";

    /// <summary>(y − t)² of the predicted number, per example.</summary>
    public const string SquaredError = "squared error";

    /// <summary>−ln σ(r(better) − r(worse)), per pair of answers.</summary>
    public const string NatsPerPair = "nats per pair";

    /// <summary>Loss of a policy. Only its gradient has a meaning.</summary>
    public const string PolicyLoss = "policy loss";

    /// <summary>β KL − reward, per response.</summary>
    public const string NegativeObjective = "negative objective";

    /// <summary>The unit as a field of JSON: nats_per_token.</summary>
    public static string Field(string unit) => unit.Replace(' ', '_');
}
