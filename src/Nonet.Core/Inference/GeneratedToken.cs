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
/// <param name="Text">The text that it completes; empty while a character or a possible stop text is incomplete, and where the engine has no tokenizer.</param>
/// <param name="Stop">On the last token, why it is the last.</param>
public readonly record struct GeneratedToken(int Id, string Text, StopReason? Stop)
{
    /// <summary>
    /// ln p of the token under the model, whatever the sampler does; null unless <see cref="GenerationOptions.LogProbabilities"/> asks for it.
    /// </summary>
    public double? LogProbability { get; init; }

    /// <summary>ln q of the token under the distribution that it was drawn from: after penalties, temperature and truncation. Null as above.</summary>
    public double? SampledLogProbability { get; init; }

    /// <summary>The likeliest tokens under the model, likeliest first; null as above.</summary>
    public IReadOnlyList<TokenLogProbability>? Likeliest { get; init; }

    /// <summary>The text alone, so that pieces can be written as they come.</summary>
    public override string ToString() => Text;
}
