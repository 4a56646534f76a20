namespace Nonet.Inference;

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>The model wrote one of the stop tokens.</summary>
    EndOfText,

    /// <summary>The model wrote one of the stop texts.</summary>
    StopText,

    /// <summary>The text is complete under its constraint: no token may follow.</summary>
    Complete,

    /// <summary>The maximum number of tokens is reached.</summary>
    MaxTokens,

    /// <summary>The prompt and the text fill the model's context; no further token can be computed.</summary>
    ContextFull,
}

/// <summary>One new token.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">The text that it completes; empty while a character or a possible stop text is incomplete, and if the engine has no tokenizer.</param>
/// <param name="Stop">On the last token, why it is the last.</param>
public readonly record struct GeneratedToken(int Id, string Text, StopReason? Stop)
{
    /// <summary>
    /// ln p of the token under the model, regardless of the sampler; null unless <see cref="GenerationOptions.LogProbabilities"/> is set.
    /// </summary>
    public double? LogProbability { get; init; }

    /// <summary>ln q of the token under the distribution it was drawn from, after penalties, temperature and truncation. Null unless requested.</summary>
    public double? SampledLogProbability { get; init; }

    /// <summary>The most likely tokens under the model, in order; null unless requested.</summary>
    public IReadOnlyList<TokenLogProbability>? Likeliest { get; init; }

    /// <summary>The text, so that a piece can be printed directly.</summary>
    public override string ToString() => Text;
}
