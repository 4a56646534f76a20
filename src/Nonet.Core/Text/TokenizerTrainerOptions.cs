using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Text;

/// <summary>Settings that determine a trained tokenizer; each kind of model has its own record. The number of threads does not matter.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "model")]
[JsonDerivedType(typeof(BpeTrainerOptions), "bpe")]
[JsonDerivedType(typeof(WordPieceTrainerOptions), "wordpiece")]
[JsonDerivedType(typeof(UnigramTrainerOptions), "unigram")]
public abstract record TokenizerTrainerOptions
{
    private protected const int MostIds = 1 << 24;

    /// <summary>Number of ids, including special tokens. A short text may give fewer.</summary>
    [Option("Number of ids, including special tokens. A short text may give fewer.", Least = 4, Most = MostIds, Needed = true)]
    [JsonPropertyOrder(-1)]
    public int Vocab { get; init; } = 8192;

    /// <summary>Trains a tokenizer of this kind.</summary>
    /// <param name="texts">Training texts, read once as a stream. Special tokens in them are treated as plain text.</param>
    /// <param name="threads">Number of threads; null: all cores. The result does not depend on it.</param>
    /// <param name="progress">Receives the progress, from several threads.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">An option is invalid, or there is no text.</exception>
    public abstract PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default);

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public abstract void Check();

    private protected void CheckVocab(int least, string what)
    {
        if (Vocab < least || Vocab > MostIds)
            throw new ArgumentException($"vocab is {Vocab}; expected {least} ({what}) to {MostIds}");
    }

    private protected static void CheckTokens(string name, IEnumerable<string> tokens)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (string.IsNullOrEmpty(token))
                throw new ArgumentException($"{name}: a token is empty");
            if (token.Length == 1)
                throw new ArgumentException($"{name}: '{token}' is one character, which is text; expected two or more");
            if (!seen.Add(token))
                throw new ArgumentException($"{name}: '{token}' is given twice");
        }
    }

    private protected static void CheckMinFrequency(int minFrequency)
    {
        if (minFrequency < 1)
            throw new ArgumentException($"min_frequency is {minFrequency}; expected at least 1");
    }
}

/// <summary>Progress of training a tokenizer: first the text is read and its words are counted, then tokens are added or removed.</summary>
/// <param name="Characters">UTF-16 units of text read.</param>
/// <param name="Words">Number of distinct words, known once all text is read.</param>
/// <param name="Tokens">
/// Number of tokens. For BPE and WordPiece it grows to the vocabulary, for Unigram it shrinks to it; 0 while text is read.
/// </param>
public readonly record struct TokenizerTrainingProgress(long Characters, int Words, int Tokens);
