using Nonet.Evaluation.Prompts;

namespace Nonet.Evaluation.Models;

/// <summary>A context and what is scored after it, as ids.</summary>
/// <param name="Context">At least one: the start token.</param>
/// <param name="Continuation">At least one.</param>
public sealed record EncodedRequest(int[] Context, int[] Continuation);

/// <summary>The score of a continuation.</summary>
/// <param name="LogProbability">Σ ln p of its tokens.</param>
/// <param name="Tokens">How many.</param>
/// <param name="IsGreedy">Whether greedy decoding would have written it.</param>
public readonly record struct ContinuationScore(double LogProbability, int Tokens, bool IsGreedy);

/// <summary>Asks for a text.</summary>
/// <param name="Prompt">What the model is given.</param>
/// <param name="Stop">Texts that end it.</param>
/// <param name="MaxTokens">Maximum number of tokens to generate.</param>
/// <param name="Temperature">0: greedy.</param>
/// <param name="TopK">Samples only from the k most likely tokens; null: from all.</param>
/// <param name="Seed">Keys the draws.</param>
public sealed record TextRequest(ModelPrompt Prompt, IReadOnlyList<string> Stop, int MaxTokens, double Temperature, int? TopK, ulong Seed)
{
    /// <summary>Names of tools that a model with tools may not call.</summary>
    public IReadOnlyList<string> ToolsOff { get; init; } = [];

    /// <summary>The date that a calendar tells; null: that of the tool.</summary>
    public DateOnly? Today { get; init; }
}

/// <summary>A text that a model wrote.</summary>
/// <param name="Text">Up to the stop text.</param>
/// <param name="Stop">Why it ended: stop_text, end_of_text, max_tokens, context_full.</param>
/// <param name="LogProbability">ln P of its tokens under the model; null if the model does not tell.</param>
/// <param name="Tokens">How many; null if the model does not tell.</param>
public sealed record WrittenText(string Text, string Stop, double? LogProbability, int? Tokens)
{
    /// <summary>Calls of tools whose results were inserted; null: the model has no tools.</summary>
    public int? Calls { get; init; }

    /// <summary>The text with its calls and their results; null: it has none.</summary>
    public string? Transcript { get; init; }

    /// <summary>
    /// Whether the same request gives the same text in a later run, so that it may be kept; false if a tool has a part in it that may answer otherwise then.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;
}

/// <summary>A model that can be evaluated on generation.</summary>
public interface ITextModel
{
    /// <summary>What it is called in reports.</summary>
    string Name { get; }

    /// <summary>Equal for equal models: part of the key under which results are kept.</summary>
    string Digest { get; }

    /// <summary>How prompts reach it.</summary>
    ChatMode Chat { get; }

    /// <summary>Writes a text for each request, several at once where it can.</summary>
    /// <param name="requests">In the order in which they share most.</param>
    /// <param name="done">Told of each as it is finished, by its number; one call at a time.</param>
    /// <param name="stopping">Ends the work.</param>
    Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping);
}

/// <summary>A model whose tokens and probabilities are known: it can be evaluated on everything.</summary>
public interface IScoringModel : ITextModel
{
    /// <summary>Most tokens of a context with its continuation.</summary>
    int Context { get; }

    /// <summary>
    /// The ids of a prompt with each of several continuations, split where the prompt's own ids end: one start token, and never two. Called from several
    /// threads at once.
    /// </summary>
    IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations);

    /// <summary>The ids that <see cref="ITextModel.Write"/> continues. Called from several threads at once.</summary>
    int[] Encode(ModelPrompt prompt);

    /// <summary>A text cut into windows for perplexity, each token scored once. Called from several threads at once.</summary>
    IReadOnlyList<EncodedRequest> EncodeWindows(string text);

    /// <summary>The text of ids, to show them.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>Scores each request.</summary>
    Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping);
}
