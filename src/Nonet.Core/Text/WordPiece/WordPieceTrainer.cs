using System.Runtime.InteropServices;
using System.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Json;
using Nonet.Text.Normalizers;
using Nonet.Text.Splits;

namespace Nonet.Text.WordPiece;

/// <summary>
/// Trains a WordPiece tokenizer as Hugging Face's tokenizers does, with BERT's normalizer and pre-tokenizer: characters inside a word are
/// marked with ##, and the most frequent pair becomes a token. Schuster and Nakajima 2012 choose pairs by likelihood; BERT's own trainer
/// was never published, and frequency is the common substitute.
/// </summary>
/// <remarks>
/// tokenizers numbers the ## characters in the order of a hash table, and so resolves ties differently each time. Here they follow their
/// code points; everything else is the same.
/// </remarks>
public static class WordPieceTrainer
{
    internal const string Continuing = "##";

    /// <inheritdoc cref="TokenizerTrainerOptions.Train"/>
    public static PipelineTokenizer Train(
        IEnumerable<string> texts, WordPieceTrainerOptions options, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        var (chunks, characters) = WordCounts.Count(texts, new WordSplit.Before(WordSplit.Blanks), threads, progress, stopping);
        string[] special = [.. WordPieceTrainerOptions.Marks, .. options.Special];
        var words = Words(chunks, WordPieceJson.Parse(special, special, options.LowerCase), stopping);
        var learner = new MergeLearner(Continuing);
        foreach (var token in special)
            learner.Add(token);
        var spelled = Spell(words, Alphabet(words, options), learner);
        if (learner.Tokens.Count > options.Vocab)
        {
            throw new ArgumentException(
                $"vocab is {options.Vocab}: the text's characters, alone and with {Continuing}, and the special tokens are {learner.Tokens.Count}; "
                + "take a larger vocab, or a smaller limit_alphabet");
        }
        learner.Learn(spelled, options.Vocab, options.MinFrequency, tokens =>
            progress?.Report(new TokenizerTrainingProgress(characters, words.Count, tokens)), stopping);
        return new PipelineTokenizer(WordPieceJson.Parse(learner.Tokens, special, options.LowerCase));
    }

    /// <summary>
    /// Words as the tokenizer will see them. The parts between white space can be normalised separately, because the normalizer treats them independently.
    /// </summary>
    static Dictionary<string, long> Words(Dictionary<string, long> chunks, TokenizerJson json, CancellationToken stopping)
    {
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (chunk, count) in chunks)
        {
            stopping.ThrowIfCancellationRequested();
            var text = AlignedText.Of(Tokenizer.WithoutHalfPairs(chunk), aligned: false, null);
            json.Normalizer!.Apply(text);
            foreach (var word in json.PreTokenizer!.Cut(text))
                CollectionsMarshal.GetValueRefOrAddDefault(words, word.Text, out _) += count;
        }
        return words.Count > 0 ? words : throw new ArgumentException("there is no text to train a tokenizer on: found only white space and control characters");
    }

    /// <summary>Characters that become tokens, by code point. Among equally frequent characters, the lower code points are kept.</summary>
    static SortedSet<Rune> Alphabet(Dictionary<string, long> words, WordPieceTrainerOptions options)
    {
        var counts = new Dictionary<Rune, long>();
        foreach (var (word, count) in words)
        {
            foreach (var rune in word.EnumerateRunes())
                CollectionsMarshal.GetValueRefOrAddDefault(counts, rune, out _) += count;
        }
        foreach (var rune in options.InitialAlphabet.EnumerateRunes())
            counts[rune] = long.MaxValue;
        return [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(options.LimitAlphabet ?? int.MaxValue).Select(c => c.Key)];
    }

    /// <summary>Spells words as characters, without those that are not tokens. Only the first character of a word has no ##.</summary>
    static MergeLearner.Word[] Spell(Dictionary<string, long> words, SortedSet<Rune> alphabet, MergeLearner learner)
    {
        var first = alphabet.ToDictionary(r => r, r => learner.Add(r.ToString()));
        var inside = new SortedSet<Rune>(words.Keys.SelectMany(w => w.EnumerateRunes().Skip(1))).Where(first.ContainsKey)
            .ToDictionary(r => r, r => learner.Add(Continuing + r));
        var spelled = new MergeLearner.Word[words.Count];
        var (ids, n) = (new List<int>(), 0);
        foreach (var (word, count) in words)
        {
            ids.Clear();
            var known = first;
            foreach (var rune in word.EnumerateRunes())
            {
                if (known.TryGetValue(rune, out var id))
                    ids.Add(id);
                known = inside;
            }
            spelled[n++] = new MergeLearner.Word([.. ids], count);
        }
        return spelled;
    }
}
