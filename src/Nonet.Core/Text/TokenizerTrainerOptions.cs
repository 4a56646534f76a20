using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Text;

/// <summary>What determines a trained tokenizer, a record a kind of model; threads do not.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "model")]
[JsonDerivedType(typeof(BpeTrainerOptions), "bpe")]
[JsonDerivedType(typeof(WordPieceTrainerOptions), "wordpiece")]
[JsonDerivedType(typeof(UnigramTrainerOptions), "unigram")]
public abstract record TokenizerTrainerOptions
{
    private protected const int MostIds = 1 << 24;

    [Option("Number of ids, including special tokens. The result has fewer if the text is too small.", Least = 4, Most = MostIds, Needed = true)]
    [JsonPropertyOrder(-1)]
    public int Vocab { get; init; } = 8192;

    /// <summary>Trains a tokenizer of this kind.</summary>
    /// <param name="texts">What to learn from; read once, as a stream. Special tokens in them are text like any other.</param>
    /// <param name="threads">Null: all cores. The result is the same with any number.</param>
    /// <param name="progress">Called from several threads.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or there is no text.</exception>
    public abstract PipelineTokenizer Train(
        IEnumerable<string> texts, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken stopping = default);

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    public abstract void Check();

    private protected void CheckVocab(int least, string what)
    {
        if (Vocab < least || Vocab > MostIds)
            throw new ArgumentException($"vocab is {Vocab}: {least} ({what}) to {MostIds} is needed");
    }

    private protected static void CheckTokens(string name, IEnumerable<string> tokens)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (string.IsNullOrEmpty(token))
                throw new ArgumentException($"{name}: a token is empty");
            if (token.Length == 1)
                throw new ArgumentException($"{name}: '{token}' is one character, which is text; two or more are needed");
            if (!seen.Add(token))
                throw new ArgumentException($"{name}: '{token}' is given twice");
        }
    }

    private protected static void CheckMinFrequency(int minFrequency)
    {
        if (minFrequency < 1)
            throw new ArgumentException($"min_frequency is {minFrequency}: at least 1 is needed");
    }
}

/// <summary>Where a training stands: first text is read and its words are counted, then tokens are made or taken away.</summary>
/// <param name="Characters">UTF-16 units of text read.</param>
/// <param name="Words">Distinct words, counted once all text is read.</param>
/// <param name="Tokens">Tokens so far: for BPE and WordPiece they grow towards the vocabulary, for Unigram they shrink towards it; 0 while text is read.</param>
public readonly record struct TokenizerTrainingProgress(long Characters, int Words, int Tokens);
