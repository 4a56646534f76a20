namespace Nonet.Recipes.Runs;

/// <summary>What losses are measured in, as reports, files and plots name it.</summary>
public static class LossUnit
{
    /// <summary>−ln p of each token to be predicted.</summary>
    public const string NatsPerToken = "nats per token";

    /// <summary>−ln p of each example's label or choice.</summary>
    public const string NatsPerExample = "nats per example";

    /// <summary>−ln p of each word's tag.</summary>
    public const string NatsPerWord = "nats per word";

    /// <summary>Half of −ln p of an answer's first and last token, for each window of a passage.</summary>
    public const string NatsPerWindow = "nats per window";

    /// <summary>(y − t)² of each example's number.</summary>
    public const string SquaredError = "squared error";

    /// <summary>The unit as a field of JSON: nats_per_token.</summary>
    public static string Field(string unit) => unit.Replace(' ', '_');
}
