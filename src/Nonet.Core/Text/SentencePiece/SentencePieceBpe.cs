using System.Runtime.InteropServices;
using Nonet.Text.Bpe;
using Nonet.Text.Segmentation;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Joins neighbours as long as their join is a piece: the piece with the highest score first, and the leftmost of equal ones. User-defined
/// pieces are never joined; an unused piece is split into its halves again. google/sentencepiece, bpe_model.cc.
/// </summary>
sealed class SentencePieceBpe : SentencePieceModel
{
    readonly BpeMerges merges;
    readonly Dictionary<string, int> symbols = new(StringComparer.Ordinal); // pieces of text by their ids, then characters that only longer pieces have
    readonly int stranger; // symbol of all other characters

    public SentencePieceBpe(SentencePieceDefinition definition, string file) : base(definition, file)
    {
        symbols.EnsureCapacity(Pieces.Count);
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (IsText(Pieces[id]))
                symbols[Pieces[id].Text] = id;
        }
        var next = Pieces.Count;
        foreach (var piece in Pieces.Where(IsText))
        {
            foreach (var rune in piece.Text.EnumerateRunes())
            {
                if (symbols.TryAdd(rune.ToString(), next))
                    next++;
            }
        }
        stranger = next;
        merges = new BpeMerges(Rules());
    }

    /// <summary>All ways to make a piece from two symbols.</summary>
    List<(int Left, int Right, int Result, int Rank)> Rules()
    {
        var (rules, lookup, prefixes) =
            (new List<(int Left, int Right, int Result, int Rank)>(), symbols.GetAlternateLookup<ReadOnlySpan<char>>(), new PieceTrie());
        foreach (var (symbol, id) in symbols)
            prefixes.Add(symbol, id);
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (!IsText(Pieces[id]))
                continue;
            var text = Pieces[id].Text.AsSpan();
            var node = PieceTrie.Root;
            for (var cut = 1; cut < text.Length && (node = prefixes.Next(node, text[cut - 1])) >= 0; cut++)
            {
                if (prefixes.IdAt(node) is >= 0 and var left && lookup.TryGetValue(text[cut..], out var right))
                    rules.Add((left, right, id, 0));
            }
        }
        rules.Sort((a, b) => Pieces[b.Result].Score.CompareTo(Pieces[a.Result].Score));
        var ranked = CollectionsMarshal.AsSpan(rules);
        for (var i = 1; i < ranked.Length; i++)
            ranked[i].Rank = ranked[i - 1].Rank + (Pieces[ranked[i].Result].Score == Pieces[ranked[i - 1].Result].Score ? 0 : 1);
        return rules;
    }

    /// <summary>Merges of a model in order, as ids of two pieces.</summary>
    public static List<(int Left, int Right)> Merges(SentencePieceDefinition definition) =>
        [.. new SentencePieceBpe(definition, "").Rules().Where(r => Math.Max(r.Left, r.Right) < definition.Pieces.Count).Select(r => (r.Left, r.Right))];

    public override void Segment(string word, List<Piece> pieces)
    {
        var (begin, start) = (pieces.Count, 0);
        var (ids, widths) = (new List<int>(word.Length), new List<int>(word.Length));
        var lookup = symbols.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var at = 0; at < word.Length;)
        {
            var width = Width(word, at, out var userDefined);
            if (userDefined)
                Join();
            widths.Add(width);
            ids.Add(lookup.TryGetValue(word.AsSpan(at, width), out var id) ? id : stranger);
            at += width;
            if (userDefined)
                Join();
        }
        Join();

        void Join()
        {
            var tokens = CollectionsMarshal.AsSpan(ids);
            var lengths = CollectionsMarshal.AsSpan(widths);
            var count = merges.Merge(tokens, lengths);
            for (var i = 0; i < count; i++)
            {
                Resolve(word, tokens[i], start, start + lengths[i], pieces, begin);
                start += lengths[i];
            }
            ids.Clear();
            widths.Clear();
        }
    }

    /// <summary>Appends a symbol; for an unused piece its halves, where the first half is as long as possible.</summary>
    void Resolve(string word, int symbol, int start, int end, List<Piece> pieces, int begin)
    {
        if (!IsUnused(symbol < Pieces.Count ? symbol : NoPiece))
        {
            Append(word, new Piece(symbol < Pieces.Count ? symbol : IdOf(word.AsSpan(start, end - start)), start, end), pieces, begin);
            return;
        }
        var lookup = symbols.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var cut = end - 1; cut > start; cut--)
        {
            if (!lookup.TryGetValue(word.AsSpan(start, cut - start), out var left) || !lookup.TryGetValue(word.AsSpan(cut, end - cut), out var right))
                continue;
            Resolve(word, left, start, cut, pieces, begin);
            Resolve(word, right, cut, end, pieces, begin);
            return;
        }
        Append(word, new Piece(symbol, start, end), pieces, begin);
    }
}
