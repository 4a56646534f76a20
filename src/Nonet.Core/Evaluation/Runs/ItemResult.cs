namespace Nonet.Evaluation.Runs;

/// <summary>Scores of one choice of an item.</summary>
/// <param name="Text">The scored continuation.</param>
/// <param name="LogProbability">Σ ln p of its tokens after the prompt.</param>
/// <param name="Tokens">Number of its tokens.</param>
/// <param name="Characters">Number of its characters without the leading space.</param>
/// <param name="IsGreedy">Whether greedy decoding generates it.</param>
/// <param name="Unconditional">Σ ln p after the unconditional prompt; null: not computed.</param>
public sealed record ChoiceResult(string Text, double LogProbability, int Tokens, int Characters, bool IsGreedy, double? Unconditional = null);

/// <summary>A generated text for an item, and the answers that were read from it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Stop">Reason of its end.</param>
/// <param name="Answer">The answer after the last trigger; null: none was found.</param>
/// <param name="Strict">The answer by the strict filter.</param>
/// <param name="Flexible">The last answer of the right kind.</param>
/// <param name="LogProbability">ln P of its tokens; null if the model does not report it.</param>
/// <param name="Tokens">Number of its tokens; null if the model does not report it.</param>
public sealed record PathResult(string Text, string Stop, string? Answer, string? Strict, string? Flexible, double? LogProbability, int? Tokens)
{
    /// <summary>Calls of tools whose results were inserted; null: the model has no tools.</summary>
    public int? Calls { get; init; }

    /// <summary>The text with its calls and their results; null if it has none.</summary>
    public string? Transcript { get; init; }
}

/// <summary>An item with its prompt, the model's answers, and their scores: a line of requests.jsonl.</summary>
public sealed record ItemResult
{
    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>Number of examples in the prompt.</summary>
    public required int Shots { get; init; }

    /// <summary>Index of the item in the task.</summary>
    public required int Item { get; init; }

    /// <summary>Origin of the item, such as "test.jsonl, line 3".</summary>
    public required string Place { get; init; }

    /// <summary>The whole prompt; in partial evaluation, the prompt with the right choice.</summary>
    public required string Prompt { get; init; }

    /// <summary>The right answer.</summary>
    public required string Gold { get; init; }

    /// <summary>Number of exemplars that were left out because the context had no room for them.</summary>
    public int Cut { get; init; }

    /// <summary>Cluster of the item; null: the item is independent.</summary>
    public string? Cluster { get; init; }

    /// <summary>The scored continuations of multiple choice, log-likelihood and perplexity.</summary>
    public IReadOnlyList<ChoiceResult> Choices { get; init; } = [];

    /// <summary>Index of the right choice; null for other kinds.</summary>
    public int? Right { get; init; }

    /// <summary>The generated text, or the sampled paths; empty for other kinds.</summary>
    public IReadOnlyList<PathResult> Paths { get; init; } = [];

    /// <summary>The item's value under each metric.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();
}
