using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Encodes text word by word and caches words. A cached word is used only if no segmentation of it is so close to another that the rounding
/// of the text's score could matter. Use it in one thread at a time.
/// </summary>
sealed class UnigramEncoder(SentencePieceUnigram model) : ITextEncoder
{
    const int MostWords = 1 << 16, LongestWord = 64;

    /// <summary>Ids of a word, scores of its pieces, and the smallest difference between two segmentations.</summary>
    sealed record Known(int[] Ids, float[] Path, float Margin);

    readonly WordSplit split = model.Cuts ?? new WordSplit.None();
    readonly List<int> ends = [];
    readonly List<Piece> pieces = [];
    readonly List<float> path = [];
    Dictionary<string, Known> known = new(StringComparer.Ordinal);

    public void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        ends.Clear();
        split.Cut(text, ends);
        var (words, start, total) = (known.GetAlternateLookup<ReadOnlySpan<char>>(), 0, 0f);
        foreach (var end in ends)
        {
            var word = text[start..end];
            start = end;
            if (words.TryGetValue(word, out var memory) && memory.Margin > Rounding(total, word.Length))
            {
                foreach (var score in memory.Path)
                    total += score;
                total = SentencePieceUnigram.Bounded(total);
                ids.AddRange(memory.Ids);
                continue;
            }
            pieces.Clear();
            path.Clear();
            var (name, rounding) = (new string(word), Rounding(total, word.Length));
            var margin = model.SegmentWord(name, ref total, pieces, path);
            total = SentencePieceUnigram.Bounded(total);
            var found = pieces.ConvertAll(p => p.Id).ToArray();
            ids.AddRange(found);
            if (memory is not null || word.Length > LongestWord)
                continue;
            if (known.Count == MostWords)
            {
                known = new(StringComparer.Ordinal);
                words = known.GetAlternateLookup<ReadOnlySpan<char>>();
            }
            known[name] = new Known(found, [.. path], margin - rounding); // the margin itself has a rounding error
        }
    }

    /// <summary>Bound of the rounding error in the difference of two segmentations of a word: a unit in the last place for each addition.</summary>
    static float Rounding(float total, int length)
    {
        const int WorstPiece = 64; // bound of the absolute score of a piece
        var size = Math.Abs(total) + (WorstPiece * length);
        return 2 * (length + 1) * (MathF.BitIncrement(size) - size);
    }
}
