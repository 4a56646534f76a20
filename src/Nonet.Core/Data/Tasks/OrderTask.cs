using Nonet.Data.Corpora;
using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Data.Tasks;

/// <summary>
/// A task made from any text that only word order solves. Everything occurs twice: unchanged, and with two parts exchanged. Both are on the same side
/// of the split, so a bag of words sees no difference and is right half of the time. Training and evaluation texts come from different documents.
/// </summary>
public sealed class OrderTask
{
    /// <summary>Classes 0 and 1: swapped and right.</summary>
    public static TaskLabels Labels { get; } = new(["swapped", "right"]);

    OrderTask(List<LabelledText> train, List<LabelledText> dev, ulong seed) => (Train, Dev) = (Shuffled(train, seed), Shuffled(dev, seed));

    /// <summary>Examples for training.</summary>
    public IReadOnlyList<LabelledText> Train { get; }

    /// <summary>Held-out examples.</summary>
    public IReadOnlyList<LabelledText> Dev { get; }

    /// <summary>Two consecutive sentences: are they in their original order? Pairs do not overlap.</summary>
    /// <param name="documents">The text.</param>
    /// <param name="seed">Seed of split and order.</param>
    /// <param name="dev">Share of the documents to hold out; drawn by text, see <see cref="TokenizedData.Draw"/>.</param>
    /// <param name="most">Largest number of pairs per document.</param>
    public static OrderTask OfSentences(IEnumerable<Document> documents, ulong seed = 1, double dev = 0.1, int most = int.MaxValue) =>
        Make(documents, seed, dev, most, 2,
        (sentences, _) => sentences[0] == sentences[1] ? null
            : (new LabelledText(sentences[0], sentences[1], "right", 1), new LabelledText(sentences[1], sentences[0], "swapped", 0)));

    /// <summary>A sentence: were two neighbouring content words exchanged? Content words have four letters or more, in lower case.</summary>
    /// <inheritdoc cref="OfSentences"/>
    public static OrderTask OfWords(IEnumerable<Document> documents, ulong seed = 1, double dev = 0.1, int most = int.MaxValue) =>
        Make(documents, seed, dev, most, 1, (sentences, key) =>
    {
        var words = sentences[0].Split(' ');
        var places = Enumerable.Range(0, words.Length - 1).Where(i => words[i] != words[i + 1] && IsContent(words[i]) && IsContent(words[i + 1])).ToArray();
        if (places.Length == 0)
            return null;
        var place = places[Philox.Below(key, 0, places.Length)];
        (words[place], words[place + 1]) = (words[place + 1], words[place]);
        return (new LabelledText(sentences[0], null, "right", 1), new LabelledText(string.Join(' ', words), null, "swapped", 0));
    });

    static OrderTask Make(IEnumerable<Document> documents, ulong seed, double dev, int most, int sentences,
        Func<string[], RandomKey, (LabelledText, LabelledText)?> make)
    {
        var (train, measured) = (new List<LabelledText>(), new List<LabelledText>());
        var number = 0u;
        foreach (var document in documents)
        {
            var side = TokenizedData.Draw(seed, document.Text) < dev ? measured : train;
            var kept = 0;
            foreach (var chunk in SentenceSplitter.Split(document.Text).Where(s => s.Contains(' ', StringComparison.Ordinal)).Chunk(sentences))
            {
                if (kept == most || chunk.Length < sentences)
                    break;
                if (make(chunk, new RandomKey(seed, number++, 0).At("exchanged words")) is not var (right, swapped))
                    continue;
                side.Add(right);
                side.Add(swapped);
                kept++;
            }
        }
        if (train.Count == 0 || measured.Count == 0)
            throw new ArgumentException(
                $"{train.Count} texts for training and {measured.Count} for evaluation; expected some of both: give more documents, or another share",
                nameof(documents));
        return new OrderTask(train, measured, seed);
    }

    static bool IsContent(string word) => word.Length >= 4 && word.All(char.IsAsciiLetterLower);

    static LabelledText[] Shuffled(List<LabelledText> texts, ulong seed)
    {
        var order = new KeyedPermutation(new RandomKey(seed, 0, 0).At("order of texts"), texts.Count);
        return [.. Enumerable.Range(0, texts.Count).Select(i => texts[(int)order[i]])];
    }
}
