using Nonet.Data;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>Text as tokens, split into what is trained on and what is held out.</summary>
public sealed record TrainingText
{
    public required Tokenizer Tokenizer { get; init; }
    public required TokenFile Train { get; init; }

    /// <summary>Tokens that are never trained on.</summary>
    public required int[] HeldOut { get; init; }

    /// <summary>UTF-8 bytes that the held-out tokens stand for.</summary>
    public required long HeldOutBytes { get; init; }
}
