using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>An item with its final prompt.</summary>
/// <param name="Asked">The item.</param>
/// <param name="Prompt">The prompt with the exemplars that fit; in partial evaluation, with the right choice.</param>
/// <param name="Cut">Number of exemplars that did not fit.</param>
sealed record PreparedItem(Asked Asked, ModelPrompt Prompt, int Cut)
{
    /// <summary>The texts to score: the choices, or the one continuation. Empty for generation and perplexity.</summary>
    public IReadOnlyList<ScoredText> Scored { get; init; } = [];

    /// <summary>The date that the calendar tool returns for this item; null: the tool's own.</summary>
    public DateOnly? Today { get; init; }

    /// <summary>Windows of a text for perplexity; empty for other kinds.</summary>
    public IReadOnlyList<EncodedRequest> Windows { get; init; } = [];
}

/// <summary>A continuation with its requests.</summary>
/// <param name="Text">The continuation.</param>
/// <param name="Request">The continuation after the prompt.</param>
/// <param name="Unconditional">The continuation after the unconditional prompt; null: that score is not computed.</param>
sealed record ScoredText(string Text, EncodedRequest Request, EncodedRequest? Unconditional);
