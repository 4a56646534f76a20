using System.Text;
using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Finds the most probable segmentation (Kudo 2018, section 3.2). A user-defined piece is more probable than any other. In
/// google/sentencepiece, unigram_model.cc, EncodeOptimized, the sums are floats that run through the text, so their rounding decides
/// between equally probable segmentations. This class reproduces that rounding.
/// </summary>
sealed class SentencePieceUnigram : SentencePieceModel
{
    const float UnknownPenalty = 10, Longest = 1 << 16;

    readonly PieceTrie trie = new();
    readonly float[] scores;
    readonly float unknownScore;

    public SentencePieceUnigram(SentencePieceDefinition definition, string file) : base(definition, file)
    {
        var (least, most) = (float.MaxValue, 1.17549435e-38f); // FLT_MIN, as in unigram_model.cc
        foreach (var piece in Pieces.Where(p => p.Type == PieceType.Normal))
            (least, most) = (Math.Min(least, piece.Score), Math.Max(most, piece.Score));
        unknownScore = least - UnknownPenalty;
        scores = new float[Pieces.Count];
        for (var id = 0; id < Pieces.Count; id++)
        {
            var piece = Pieces[id];
            scores[id] = piece.Type == PieceType.UserDefined ? (float)((Encoding.UTF8.GetByteCount(piece.Text) * most) - 0.1) : piece.Score;
            if (IsText(piece) && !IsUnused(id))
                trie.Add(piece.Text, id);
        }
    }

    public override ITextEncoder CreateEncoder() => new UnigramEncoder(this);

    public override void Segment(string word, List<Piece> pieces)
    {
        var (ends, start, total) = (new List<int>(), 0, 0f);
        (Cuts ?? new WordSplit.None()).Cut(word, ends);
        foreach (var end in ends)
        {
            var first = pieces.Count;
            SegmentWord(start == 0 && end == word.Length ? word : word[start..end], ref total, pieces, null);
            for (var i = first; start > 0 && i < pieces.Count; i++)
                pieces[i] = pieces[i] with { Start = pieces[i].Start + start, End = pieces[i].End + start };
            total = Bounded(total);
            start = end;
        }
    }

    /// <summary>The sum with which a text continues. It restarts at 0 before its rounding could decide between different segmentations.</summary>
    public static float Bounded(float total) => Math.Abs(total) < Longest ? total : 0;

    /// <summary>Segments a word of a text.</summary>
    /// <param name="word">The word.</param>
    /// <param name="total">Score of the preceding text; receives the score including the word.</param>
    /// <param name="pieces">Receives the pieces.</param>
    /// <param name="path">Receives the scores that are added to the total; null: not needed.</param>
    /// <returns>Smallest difference between two segmentations that were compared.</returns>
    public float SegmentWord(string word, ref float total, List<Piece> pieces, List<float>? path)
    {
        var (size, margin) = (word.Length, float.PositiveInfinity);
        var best = new (float Score, int Start, int Id)[size + 1];
        best[0].Score = total;
        for (var i = 1; i <= size; i++)
            best[i].Start = -1;
        for (var start = 0; start < size;)
        {
            var width = char.IsHighSurrogate(word[start]) && start + 1 < size ? 2 : 1;
            var (single, node, before) = (false, PieceTrie.Root, best[start].Score);
            for (var end = start; end < size && (node = trie.Next(node, word[end])) >= 0;)
            {
                end++;
                if (trie.IdAt(node) is not (>= 0 and var id))
                    continue;
                Offer(ref best[end], before + scores[id], start, id, ref margin);
                single |= end - start == width;
            }
            if (!single)
                Offer(ref best[start + width], before + unknownScore, start, NoPiece, ref margin);
            start += width;
        }
        total = best[size].Score;
        var found = new Stack<Piece>();
        for (var end = size; end > 0; end = best[end].Start)
            found.Push(new Piece(best[end].Id, best[end].Start, end));
        var begin = pieces.Count;
        foreach (var piece in found)
        {
            path?.Add(piece.Id == NoPiece ? unknownScore : scores[piece.Id]);
            Append(word, piece, pieces, begin);
        }
        return margin;
    }

    static void Offer(ref (float Score, int Start, int Id) best, float score, int start, int id, ref float margin)
    {
        if (best.Start >= 0)
            margin = Math.Min(margin, Math.Abs(score - best.Score));
        if (best.Start < 0 || score > best.Score)
            best = (score, start, id);
    }
}
