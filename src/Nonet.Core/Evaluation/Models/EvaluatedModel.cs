using Nonet.Evaluation.Prompts;

namespace Nonet.Evaluation.Models;

/// <summary>A context and a continuation to score, as ids.</summary>
/// <param name="Context">Ids of the context; at least the start token.</param>
/// <param name="Continuation">Ids of the continuation; at least one.</param>
public sealed record EncodedRequest(int[] Context, int[] Continuation);

/// <summary>The score of a continuation.</summary>
/// <param name="LogProbability">Σ ln p of its tokens.</param>
/// <param name="Tokens">Number of its tokens.</param>
/// <param name="IsGreedy">Whether greedy decoding generates it.</param>
public readonly record struct ContinuationScore(double LogProbability, int Tokens, bool IsGreedy);

/// <summary>A request for generated text.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Stop">Stop strings, which end the text.</param>
/// <param name="MaxTokens">Maximum number of tokens to generate.</param>
/// <param name="Temperature">Temperature of sampling; 0: greedy.</param>
/// <param name="TopK">Samples only from the k most likely tokens; null: from all.</param>
/// <param name="Seed">Seed of the draws.</param>
public sealed record TextRequest(ModelPrompt Prompt, IReadOnlyList<string> Stop, int MaxTokens, double Temperature, int? TopK, ulong Seed)
{
    /// <summary>Names of tools that a model with tools may not call.</summary>
    public IReadOnlyList<string> ToolsOff { get; init; } = [];

    /// <summary>The date that the calendar tool returns; null: the tool's own.</summary>
    public DateOnly? Today { get; init; }
}

/// <summary>A generated text.</summary>
/// <param name="Text">The text up to the stop string.</param>
/// <param name="Stop">Reason of the end: stop_text, end_of_text, max_tokens or context_full.</param>
/// <param name="LogProbability">ln P of its tokens under the model; null if the model does not report it.</param>
/// <param name="Tokens">Number of its tokens; null if the model does not report it.</param>
public sealed record WrittenText(string Text, string Stop, double? LogProbability, int? Tokens)
{
    /// <summary>Calls of tools whose results were inserted; null: the model has no tools.</summary>
    public int? Calls { get; init; }

    /// <summary>The text with its calls and their results; null if it has none.</summary>
    public string? Transcript { get; init; }

    /// <summary>
    /// Whether the same request gives the same text in a later run, so that the result may be cached. False if the text depends on a tool whose answers may
    /// change.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;
}

/// <summary>A model that can be evaluated on generation.</summary>
public interface ITextModel
{
    /// <summary>Name in reports.</summary>
    string Name { get; }

    /// <summary>Digest of the model, equal for equal models. It is part of the key under which results are cached.</summary>
    string Digest { get; }

    /// <summary>How prompts are passed to the model.</summary>
    ChatMode Chat { get; }

    /// <summary>Generates a text for each request, several at once if it can.</summary>
    /// <param name="requests">The requests. Requests with long common prefixes should be neighbours.</param>
    /// <param name="done">Called with the index and the text of each finished request, never concurrently.</param>
    /// <param name="stopping">Cancels the work.</param>
    Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping);
}

/// <summary>A model whose tokens and probabilities are known, so that it can be evaluated on tasks of every kind.</summary>
public interface IScoringModel : ITextModel
{
    /// <summary>Maximum number of tokens in a context and its continuation together.</summary>
    int Context { get; }

    /// <summary>
    /// Encodes a prompt with each of several continuations, and splits the ids where the prompt's own ids end. The context begins with exactly one start token.
    /// Thread-safe.
    /// </summary>
    IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations);

    /// <summary>The ids of a prompt that <see cref="ITextModel.Write"/> continues. Thread-safe.</summary>
    int[] Encode(ModelPrompt prompt);

    /// <summary>Splits a text into windows for perplexity, in which each token is scored once. Thread-safe.</summary>
    IReadOnlyList<EncodedRequest> EncodeWindows(string text);

    /// <summary>The text of ids, to show them.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>Scores each request.</summary>
    Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping);
}
