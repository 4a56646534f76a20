using Nonet.Files;

namespace Nonet.Text.WordPiece;

/// <summary>What determines a WordPiece tokenizer as BERT has it: its ids are special tokens, characters (alone, and with ## inside a word), and merges.</summary>
public sealed record WordPieceTrainerOptions : TokenizerTrainerOptions
{
    /// <summary>BERT's special tokens, which have the first ids.</summary>
    internal static IReadOnlyList<string> Marks { get; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    [Option("Converts text to lower case and removes accents.")]
    public bool LowerCase { get; init; } = true;

    [Option("Maximum number of characters to learn; the most frequent are kept. Words with other characters become [UNK]. Null: all.", Least = 1)]
    public int? LimitAlphabet { get; init; } = 1000;

    [Option("Characters that are learned even if the text does not contain them.")]
    public string InitialAlphabet { get; init; } = "";

    [Option("Special tokens after BERT's five.")]
    public IReadOnlyList<string> Special { get; init; } = [];

    [Option("Number of occurrences that a pair needs to be merged.", Least = 1)]
    public int MinFrequency { get; init; } = 2;

    public override PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default) =>
        WordPieceTrainer.Train(texts, this, threads, progress, stopping);

    public override void Check()
    {
        CheckTokens("special", [.. Marks, .. Special]);
        CheckVocab(Marks.Count + Special.Count + 1, "the special tokens and a character");
        CheckMinFrequency(MinFrequency);
        if (LimitAlphabet < 1)
            throw new ArgumentException($"limit_alphabet is {LimitAlphabet}: at least 1 is needed");
    }
}
