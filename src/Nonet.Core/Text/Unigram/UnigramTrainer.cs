using System.Runtime.InteropServices;
using Nonet.Text.Json;
using Nonet.Text.Splits;

namespace Nonet.Text.Unigram;

/// <summary>Trains a Unigram model. Kudo 2018, "Subword Regularization", section 3.2; see <see cref="UnigramTrainerOptions"/>.</summary>
public static class UnigramTrainer
{
    const string Metaspace = "\u2581";

    /// <inheritdoc cref="TokenizerTrainerOptions.Train"/>
    public static PipelineTokenizer Train(
        IEnumerable<string> texts, UnigramTrainerOptions options, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        var (words, characters) = options.Normalization == UnigramNormalization.None ? Plain(texts, threads, progress, stopping)
            : Normalized(texts, options, threads, progress, stopping);
        var alphabet = Alphabet(words, options.CharacterCoverage);
        var names = UnigramJson.ReservedNames(options);
        var spelling = names.SelectMany(n => n.EnumerateRunes()).Select(r => r.Value).ToHashSet(); // so that the name of a special token can be encoded as text
        var wanted = options.Vocab - options.Reserved;
        if (alphabet.Union(spelling).Count() is var least && least > wanted)
        {
            throw new ArgumentException($"vocab is {options.Vocab}; expected at least {options.Reserved} reserved ids and {least} characters; "
                + "take a larger vocab, or a smaller character_coverage");
        }
        var units = UnigramUnits.Of(words, alphabet);
        if (units.Count == 0)
            throw new ArgumentException("there is no text to train a tokenizer on");
        var learner = new UnigramLearner(units, options, threads ?? Environment.ProcessorCount, stopping);
        spelling.ExceptWith(alphabet);
        var pieces = learner.Learn(wanted - spelling.Count, tokens => progress?.Report(new TokenizerTrainingProgress(characters, words.Count, tokens)));
        pieces.AddRange(spelling.Order().Select(c => (char.ConvertFromUtf32(c), pieces[^1].Score)));
        return new PipelineTokenizer(UnigramJson.Parse(pieces, options));
    }

    /// <summary>Counts words. A preceding space becomes U+2581, and the first word of a text gets one too.</summary>
    static (Dictionary<string, long> Words, long Characters) Plain(
        IEnumerable<string> texts, int? threads, IProgress<TokenizerTrainingProgress>? progress, CancellationToken stopping)
    {
        var spaced = texts.Where(t => t.Length > 0).Select(t => t[0] == ' ' ? t : " " + t);
        var (chunks, characters) = WordCounts.Count(spaced, new WordSplit.Before(" "), threads, progress, stopping);
        var words = new Dictionary<string, long>(chunks.Count, StringComparer.Ordinal);
        foreach (var (chunk, count) in chunks)
            CollectionsMarshal.GetValueRefOrAddDefault(words, Tokenizer.WithoutHalfPairs(chunk).Replace(" ", Metaspace, StringComparison.Ordinal), out _) +=
                count;
        return (words, characters);
    }

    /// <summary>
    /// Counts normalised words, each with U+2581 before it. The parts between white space can be normalised separately, because the normalizer treats them
    /// independently.
    /// </summary>
    static (Dictionary<string, long> Words, long Characters) Normalized(
        IEnumerable<string> texts, UnigramTrainerOptions options, int? threads, IProgress<TokenizerTrainingProgress>? progress, CancellationToken stopping)
    {
        var (chunks, characters) = WordCounts.Count(texts, new WordSplit.Before(WordSplit.Blanks), threads, progress, stopping);
        var (words, normalizer) = (new Dictionary<string, long>(StringComparer.Ordinal), UnigramJson.Parse([], options).Normalizer!);
        foreach (var (chunk, count) in chunks)
        {
            stopping.ThrowIfCancellationRequested();
            foreach (var word in normalizer.Apply(Tokenizer.WithoutHalfPairs(chunk), "the tokenizer in training")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries))
                CollectionsMarshal.GetValueRefOrAddDefault(words, Metaspace + word, out _) += count;
        }
        return (words, characters);
    }

    /// <summary>
    /// The most frequent characters that together make up a share of the text. Of equally frequent ones, the lower code points come first.
    /// </summary>
    static HashSet<int> Alphabet(Dictionary<string, long> words, double coverage)
    {
        var counts = new Dictionary<int, long>();
        foreach (var (word, count) in words)
        {
            foreach (var rune in word.EnumerateRunes())
                CollectionsMarshal.GetValueRefOrAddDefault(counts, rune.Value, out _) += count;
        }
        counts.Remove(UnigramUnits.End);
        var (all, so, alphabet) = ((double)counts.Values.Sum(), 0L, new HashSet<int>());
        foreach (var (character, count) in counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key))
        {
            if (so / all >= coverage)
                break;
            so += count;
            alphabet.Add(character);
        }
        return alphabet;
    }
}
