using System.Text;
using Nonet.Text.Segmentation;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// The segmentation of highest probability (Kudo 2018, section 3.2). A piece that users defined counts as likelier than any other. google/sentencepiece, unigram_model.cc, EncodeOptimized,
/// in double: there sums are floats that run through the whole text, so that after some ten thousand tokens near ties may fall either way.
/// </summary>
sealed class SentencePieceUnigram : SentencePieceModel
{
    const float UnknownPenalty = 10;

    readonly PieceTrie trie = new();
    readonly double[] scores;
    readonly float unknownScore;

    public SentencePieceUnigram(SentencePieceDefinition definition, string file) : base(definition, file)
    {
        var (least, most) = (float.MaxValue, 1.17549435e-38f); // FLT_MIN, as there
        foreach (var piece in Pieces.Where(p => p.Type == PieceType.Normal))
            (least, most) = (Math.Min(least, piece.Score), Math.Max(most, piece.Score));
        unknownScore = least - UnknownPenalty;
        scores = new double[Pieces.Count];
        for (var id = 0; id < Pieces.Count; id++)
        {
            var piece = Pieces[id];
            scores[id] = piece.Type == PieceType.UserDefined ? (Encoding.UTF8.GetByteCount(piece.Text) * most) - 0.1 : piece.Score;
            if (IsText(piece) && !IsUnused(id))
                trie.Add(piece.Text, id);
        }
    }

    public override void Segment(string word, List<Piece> pieces)
    {
        var size = word.Length;
        var best = new (double Score, int Start, int Id)[size + 1];
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
                Offer(ref best[end], before + scores[id], start, id);
                single |= end - start == width;
            }
            if (!single)
                Offer(ref best[start + width], before + unknownScore, start, NoPiece);
            start += width;
        }
        var path = new Stack<Piece>();
        for (var end = size; end > 0; end = best[end].Start)
            path.Push(new Piece(best[end].Id, best[end].Start, end));
        var begin = pieces.Count;
        foreach (var piece in path)
            Append(word, piece, pieces, begin);
    }

    static void Offer(ref (double Score, int Start, int Id) best, double score, int start, int id)
    {
        if (best.Start < 0 || score > best.Score)
            best = (score, start, id);
    }
}
