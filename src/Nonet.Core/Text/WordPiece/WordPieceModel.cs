using Nonet.Files;
using Nonet.Text.Segmentation;

namespace Nonet.Text.WordPiece;

/// <summary>
/// Repeatedly takes the longest token at the beginning of the rest of a word. If this fails, the whole word is unknown.
/// google-research/bert, tokenization.py.
/// </summary>
sealed class WordPieceModel : TokenModel
{
    const int ShortWord = 64; // up to this length, trying each length is fast for every vocabulary

    readonly Dictionary<string, int> vocabulary;
    readonly Dictionary<string, int> inside = new(StringComparer.Ordinal); // without their prefix
    readonly Lazy<PieceTrie> first;
    readonly Lazy<LongestPieces> longestInside;
    readonly int unknown, longestWord, longestToken;

    public WordPieceModel(JsonFields json)
    {
        vocabulary = ReadVocabulary(VocabularyOf(json));
        var name = json.Text("unk_token") ?? "[UNK]";
        unknown = vocabulary.TryGetValue(name, out var id) ? id : throw json.Wrong("unk_token", $"a token of the vocabulary, which has no {name}");
        longestWord = json.Positive("max_input_chars_per_word", 100);
        var prefix = json.Text("continuing_subword_prefix") ?? "##";
        foreach (var (token, number) in vocabulary)
        {
            longestToken = Math.Max(longestToken, token.Length);
            if (token.StartsWith(prefix, StringComparison.Ordinal))
                inside[token[prefix.Length..]] = number;
        }
        first = new(() =>
        {
            var trie = new PieceTrie();
            foreach (var (token, number) in vocabulary)
                trie.Add(token, number);
            return trie;
        });
        longestInside = new(() => new LongestPieces(inside.Select(t => (t.Key, t.Value))));
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <summary>Tokens by id, for vocab.txt; null if an id is missing or a token is not a single line.</summary>
    public IReadOnlyList<string>? TokensInOrder
    {
        get
        {
            var tokens = vocabulary.OrderBy(t => t.Value).Select(t => t.Key).ToList();
            return vocabulary[tokens[^1]] == tokens.Count - 1 && !tokens.Exists(t => t.AsSpan().ContainsAny('\n', '\r')) ? tokens : null;
        }
    }

    public override void Segment(string word, List<Piece> pieces)
    {
        var (begin, start) = (pieces.Count, 0);
        var characters = word.Length <= longestWord ? word.Length : word.EnumerateRunes().Count();
        if (characters <= longestWord)
        {
            if (word.Length > ShortWord)
                start = SegmentLong(word, pieces);
            var tokens = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
            while (start < word.Length && word.Length <= ShortWord)
            {
                var (end, found) = (Math.Min(word.Length, start + longestToken), -1);
                for (; end > start; end--)
                {
                    if (tokens.TryGetValue(word.AsSpan(start, end - start), out found))
                        break;
                }
                if (end <= start)
                    break;
                pieces.Add(new Piece(found, start, end));
                start = end;
                tokens = inside.GetAlternateLookup<ReadOnlySpan<char>>();
            }
            if (start == word.Length)
                return;
        }
        pieces.RemoveRange(begin, pieces.Count - begin);
        pieces.Add(new Piece(unknown, 0, word.Length));
    }

    /// <summary>Segments a long word in time linear in its length. Returns the length of the part that the tokens cover.</summary>
    int SegmentLong(string word, List<Piece> pieces)
    {
        var inner = longestInside.Value.Of(word);
        var (id, start) = (first.Value.Longest(word, out var length, out _), 0);
        for (; id >= 0; (id, length) = start < word.Length ? inner[start] : (-1, 0))
        {
            pieces.Add(new Piece(id, start, start + length));
            start += length;
        }
        return start;
    }
}
