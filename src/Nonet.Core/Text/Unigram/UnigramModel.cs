using System.Text;
using System.Text.Json;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.Unigram;

/// <summary>Finds the most probable segmentation with Viterbi's algorithm. Kudo 2018, "Subword Regularization", section 3.2.</summary>
sealed class UnigramModel : TokenModel
{
    const double UnknownPenalty = 10;

    readonly double[] scores;
    readonly Dictionary<string, int> vocabulary;
    readonly PieceTrie trie = new();
    readonly int? unknown;
    readonly int[]? bytes;
    readonly double unknownScore;
    readonly string file;

    /// <param name="pieces">Pieces and their log-probabilities, by id.</param>
    /// <param name="unknown">Id of unknown text.</param>
    /// <param name="byteFallback">Whether unknown text becomes the tokens of its bytes.</param>
    /// <param name="file">File name for error messages.</param>
    public UnigramModel(IReadOnlyList<(string Text, double Score)> pieces, int? unknown, bool byteFallback, string file)
    {
        (this.unknown, this.file) = (unknown, file);
        scores = [.. pieces.Select(p => p.Score)];
        vocabulary = new(pieces.Count, StringComparer.Ordinal);
        for (var id = 0; id < pieces.Count; id++)
        {
            if (!vocabulary.TryAdd(pieces[id].Text, id))
                throw new MalformedFileException(file, $"piece {id}, '{pieces[id].Text}', twice", "pieces that differ");
            trie.Add(pieces[id].Text, id);
        }
        unknownScore = scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        bytes = byteFallback ? BpeModel.ByteTokens(vocabulary) : null;
        if (MetaspaceCuts(vocabulary.Keys))
            Cuts = new WordSplit.BeforeMetaspace();
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;
    public override WordSplit? Cuts { get; }

    public static UnigramModel From(JsonFields json)
    {
        var pieces = new List<(string, double)>();
        foreach (var pair in json.Array("vocab"))
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.String
                || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetDouble(out var score) || !double.IsFinite(score))
                throw json.Wrong($"vocab[{pieces.Count}]", "a piece and its score");
            pieces.Add((pair[0].GetString()!, score));
        }
        int? unknown = json.Has("unk_id") ? (int)json.Number("unk_id", 0, 0, Math.Max(0, pieces.Count - 1)) : null;
        return new UnigramModel(pieces, unknown, json.Flag("byte_fallback", false), json.File);
    }

    public override void Segment(string word, List<Piece> pieces)
    {
        var size = word.Length;
        var best = new (double Score, int Start, int Id)[size + 1];
        for (var i = 1; i <= size; i++)
            best[i].Start = -1;
        var steps = new SearchSteps(file, size);
        for (var start = 0; start < size;)
        {
            var width = char.IsHighSurrogate(word[start]) && start + 1 < size ? 2 : 1;
            var (single, node, end) = (false, PieceTrie.Root, start);
            while (end < size && (node = trie.Next(node, word[end])) >= 0)
            {
                end++;
                if (trie.IdAt(node) is not (>= 0 and var id))
                    continue;
                Offer(ref best[end], best[start].Score + scores[id], start, id);
                single |= end - start == width;
            }
            steps.Take(end - start);
            if (!single)
                Offer(ref best[start + width], best[start].Score + unknownScore, start, -1);
            start += width;
        }
        var begin = pieces.Count;
        for (var end = size; end > 0;)
        {
            var (_, start, id) = best[end];
            if (id < 0 || id == unknown)
            {
                while (start > 0 && (best[start].Id < 0 || best[start].Id == unknown)) // a run of unknown characters is one piece
                    start = best[start].Start;
                Unknown(word, start, end, pieces);
            }
            else
                pieces.Add(new Piece(id, start, end));
            end = start;
        }
        pieces.Reverse(begin, pieces.Count - begin);
    }

    static void Offer(ref (double Score, int Start, int Id) best, double score, int start, int id)
    {
        if (best.Start < 0 || score > best.Score)
            best = (score, start, id);
    }

    /// <summary>Appends the pieces of unknown text in reverse order, like all others.</summary>
    void Unknown(string word, int start, int end, List<Piece> pieces)
    {
        var text = word[start..end];
        if (vocabulary.TryGetValue(text, out var whole))
        {
            pieces.Add(new Piece(whole, start, end));
            return;
        }
        var utf8 = bytes is null ? [] : Encoding.UTF8.GetBytes(text);
        if (utf8.Length > 0 && utf8.All(b => bytes![b] >= 0))
        {
            foreach (var b in utf8.Reverse())
                pieces.Add(new Piece(bytes![b], start, end));
        }
        else if (unknown is { } id)
            pieces.Add(new Piece(id, start, end));
        else
            throw new UnknownTokenException(text);
    }
}
