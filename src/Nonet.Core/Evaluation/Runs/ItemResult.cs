namespace Nonet.Evaluation.Runs;

/// <summary>How a choice of an item scored.</summary>
/// <param name="Text">The scored continuation.</param>
/// <param name="LogProbability">Σ ln p of its tokens after the prompt.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Characters">Its characters without the leading blank.</param>
/// <param name="IsGreedy">Whether greedy decoding would have written it.</param>
/// <param name="Unconditional">Σ ln p after the unconditional prompt; null: not computed.</param>
public sealed record ChoiceResult(string Text, double LogProbability, int Tokens, int Characters, bool IsGreedy, double? Unconditional = null);

/// <summary>A text that was written for an item, and what was read from it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Stop">Why it ended.</param>
/// <param name="Answer">As the papers read it; null: none was found.</param>
/// <param name="Strict">By the strict filter.</param>
/// <param name="Flexible">The last answer of its kind.</param>
/// <param name="LogProbability">ln P; null if the model does not tell.</param>
/// <param name="Tokens">Null where the model does not tell.</param>
public sealed record PathResult(string Text, string Stop, string? Answer, string? Strict, string? Flexible, double? LogProbability, int? Tokens)
{
    /// <summary>Calls of tools whose results were inserted; null: the model has no tools.</summary>
    public int? Calls { get; init; }

    /// <summary>The text with its calls and their results; null: it has none.</summary>
    public string? Transcript { get; init; }
}

/// <summary>An item, what was asked, what came back, and its scores: a line of requests.jsonl.</summary>
public sealed record ItemResult
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>Number of examples in the prompt.</summary>
    public required int Shots { get; init; }

    /// <summary>The item's number in the task.</summary>
    public required int Item { get; init; }

    /// <summary>Where it comes from.</summary>
    public required string Place { get; init; }

    /// <summary>The whole prompt; of partial evaluation that of the right choice.</summary>
    public required string Prompt { get; init; }

    /// <summary>The right answer.</summary>
    public required string Gold { get; init; }

    /// <summary>Exemplars that were left out because the context had no room for them.</summary>
    public int Cut { get; init; }

    /// <summary>What it belongs to; null: it stands alone.</summary>
    public string? Cluster { get; init; }

    /// <summary>Of multiple choice, log-likelihood and perplexity.</summary>
    public IReadOnlyList<ChoiceResult> Choices { get; init; } = [];

    /// <summary>Of multiple choice: the number of the right choice.</summary>
    public int? Right { get; init; }

    /// <summary>Of generation: one text, or the sampled paths.</summary>
    public IReadOnlyList<PathResult> Paths { get; init; } = [];

    /// <summary>The item's value under each metric.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();
}
