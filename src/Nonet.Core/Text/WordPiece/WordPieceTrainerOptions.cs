using Nonet.Files;

namespace Nonet.Text.WordPiece;

/// <summary>
/// Settings of a WordPiece tokenizer as in BERT. Its ids are special tokens, characters (alone, and with ## inside a word), and merges.
/// </summary>
public sealed record WordPieceTrainerOptions : TokenizerTrainerOptions
{
    /// <summary>BERT's special tokens, with the first ids.</summary>
    internal static IReadOnlyList<string> Marks { get; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>Whether text is converted to lower case without accents.</summary>
    [Option("Whether text is converted to lower case without accents.")]
    public bool LowerCase { get; init; } = true;

    /// <summary>
    /// Largest number of characters in the vocabulary; the most frequent ones are chosen, and words with other characters become [UNK].
    /// Null: all characters.
    /// </summary>
    [Option("Largest number of characters in the vocabulary; the most frequent ones are chosen, and words with other characters become [UNK]. Null: all "
        + "characters.", Least = 1)]
    public int? LimitAlphabet { get; init; } = 1000;

    /// <summary>Characters that are added to the vocabulary even if the text lacks them.</summary>
    [Option("Characters that are added to the vocabulary even if the text lacks them.")]
    public string InitialAlphabet { get; init; } = "";

    /// <summary>Special tokens after BERT's five.</summary>
    [Option("Special tokens after BERT's five.")]
    public IReadOnlyList<string> Special { get; init; } = [];

    /// <summary>Smallest number of occurrences for which a pair is merged.</summary>
    [Option("Smallest number of occurrences for which a pair is merged.", Least = 1)]
    public int MinFrequency { get; init; } = 2;

    /// <inheritdoc/>
    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        WordPieceTrainer.Train(texts, this, threads, progress, stopping);

    /// <inheritdoc/>
    public override void Check()
    {
        CheckTokens("special", [.. Marks, .. Special]);
        CheckVocab(Marks.Count + Special.Count + 1, "the special tokens and a character");
        CheckMinFrequency(MinFrequency);
        if (LimitAlphabet < 1)
            throw new ArgumentException($"limit_alphabet is {LimitAlphabet}; expected at least 1");
    }
}
