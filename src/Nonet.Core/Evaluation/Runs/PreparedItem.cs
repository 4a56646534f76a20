using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>An item with its prompt as the model gets it.</summary>
/// <param name="Asked">The item.</param>
/// <param name="Prompt">With the exemplars that fit; in partial evaluation that of the right choice.</param>
/// <param name="Cut">Exemplars that did not fit.</param>
sealed record PreparedItem(Asked Asked, ModelPrompt Prompt, int Cut)
{
    /// <summary>What is scored: the choices, or the one continuation. Empty for generation and perplexity.</summary>
    public IReadOnlyList<ScoredText> Scored { get; init; } = [];

    /// <summary>The date that a calendar tells for this item; null: the tool's own.</summary>
    public DateOnly? Today { get; init; }

    /// <summary>Windows of perplexity.</summary>
    public IReadOnlyList<EncodedRequest> Windows { get; init; } = [];
}

/// <summary>A continuation with its requests.</summary>
/// <param name="Text">The continuation.</param>
/// <param name="Request">After the prompt.</param>
/// <param name="Unconditional">After the unconditional prompt; null: that score is not computed.</param>
sealed record ScoredText(string Text, EncodedRequest Request, EncodedRequest? Unconditional);
