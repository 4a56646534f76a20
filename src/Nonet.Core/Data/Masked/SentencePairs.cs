using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>
/// BERT's packing. Sentences of a document are collected until they reach a target length; this chunk is split after a random sentence into
/// A and the rest. B is the rest. With probability <see cref="MaskedOptions.RandomNext"/>, and always if the chunk has one sentence, B is
/// instead text of another document from a random sentence on; the rest then begins the next chunk. If a pair is too long, the longer text
/// loses tokens one by one, at its beginning or end by chance. Devlin et al. 2018, appendix A.2, and create_pretraining_data.py.
/// </summary>
static class SentencePairs
{
    /// <summary>[CLS], [SEP] and [SEP].</summary>
    const int Marks = 3;

    /// <summary>
    /// All pairs of a pass, in the order of the documents: a pure function of the arguments. Each document has its own random numbers.
    /// </summary>
    /// <param name="file">At least two documents.</param>
    /// <param name="options">Probabilities.</param>
    /// <param name="length">Largest number of ids in a sequence.</param>
    /// <param name="key">Seed and pass.</param>
    public static List<MaskedInstance> Pack(SentenceFile file, MaskedOptions options, int length, RandomKey key)
    {
        key = key.At("packing of sentences");
        var pairs = new List<MaskedInstance>();
        for (var document = 0L; document < file.Documents; document++)
        {
            var draws = new KeyedDraws(key, (ulong)document << 32);
            var end = file.StartOfDocument(document + 1);
            for (var start = file.StartOfDocument(document); start < end;)
                start += Next(file, options, length - Marks, document, start, end, ref draws, pairs);
        }
        return pairs;
    }

    /// <summary>Creates the pair that begins with a sentence. Returns the number of sentences consumed.</summary>
    static long Next(SentenceFile file, MaskedOptions options, int most, long document, long start, long end, ref KeyedDraws draws, List<MaskedInstance> pairs)
    {
        var isShort = draws.Uniform() < options.ShortProbability;
        var target = isShort ? draws.Between(2, most) : most;
        var first = file.StartOfSentence(start);
        var sentences = Until(file, start, end, target);
        var cut = sentences >= 2 ? draws.Between(1, sentences - 1) : 1;
        var a = new Text(first, Length(file, start, cut));
        var random = sentences == 1 || draws.Uniform() < options.RandomNext;
        long other;
        int otherSentences;
        if (random)
        {
            var place = draws.Below((int)Math.Min(int.MaxValue, file.Documents - 1));
            var from = place >= document ? place + 1 : place;
            var (begin, after) = (file.StartOfDocument(from), file.StartOfDocument(from + 1));
            other = begin + draws.Below((int)Math.Min(int.MaxValue, after - begin));
            otherSentences = Until(file, other, after, target - a.Length);
        }
        else
            (other, otherSentences) = (start + cut, sentences - cut);
        var b = new Text(file.StartOfSentence(other), Length(file, other, otherSentences));
        Truncate(ref a, ref b, most, ref draws);
        pairs.Add(new MaskedInstance(a.Start, a.Length, b.Start, b.Length, random, isShort, 0, cut, otherSentences));
        return random ? cut : sentences;
    }

    /// <summary>Number of sentences, at least one, that reach a number of ids, or all remaining ones if they do not.</summary>
    static int Until(SentenceFile file, long start, long end, int target)
    {
        var count = 1;
        while (start + count < end && file.StartOfSentence(start + count) - file.StartOfSentence(start) < target)
            count++;
        return count;
    }

    static int Length(SentenceFile file, long start, int sentences) => checked((int)(file.StartOfSentence(start + sentences) - file.StartOfSentence(start)));

    static void Truncate(ref Text a, ref Text b, int most, ref KeyedDraws draws)
    {
        while (a.Length + b.Length > most)
        {
            ref var longer = ref a;
            if (a.Length <= b.Length)
                longer = ref b;
            var front = draws.Uniform() < 0.5;
            longer = new Text(longer.Start + (front ? 1 : 0), longer.Length - 1);
        }
    }

    readonly record struct Text(long Start, int Length);
}
