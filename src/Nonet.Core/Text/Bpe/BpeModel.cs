using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.Bpe;

/// <summary>
/// BPE on characters (Sennrich et al. 2016). A character that is not a token becomes its bytes if all of them are tokens, otherwise the
/// unknown token, otherwise nothing.
/// </summary>
sealed class BpeModel : TokenModel
{
    const int LongestAffix = 64;

    readonly Dictionary<string, int> vocabulary;
    readonly BpeMerges merges;
    readonly string prefix, suffix;
    readonly int? unknown;
    readonly int[]? bytes;
    readonly bool fuseUnknown, ignoreMerges;

    public BpeModel(JsonFields json)
    {
        vocabulary = ReadVocabulary(VocabularyOf(json));
        (prefix, suffix) = (json.Text("continuing_subword_prefix") ?? "", json.Text("end_of_word_suffix") ?? "");
        foreach (var (field, text) in new[] { ("continuing_subword_prefix", prefix), ("end_of_word_suffix", suffix) })
        {
            if (text.Length > LongestAffix) // it is added to every character
                throw json.Wrong(field, $"at most {LongestAffix} characters");
        }
        (fuseUnknown, ignoreMerges) = (json.Flag("fuse_unk", false), json.Flag("ignore_merges", false));
        if (json.Number("dropout", 0, 0, 1) != 0)
            throw json.Wrong("dropout", "none: dropout, which skips merges at random in training, is not supported");
        if (json.Text("unk_token") is { } name)
            unknown = vocabulary.TryGetValue(name, out var id) ? id : null;
        if (json.Flag("byte_fallback", false))
            bytes = ByteTokens(vocabulary);
        merges = new BpeMerges(BpeRules.Read(json, vocabulary, prefix));
        if (prefix.Length == 0 && suffix.Length == 0 && !ignoreMerges && MetaspaceCuts(vocabulary.Keys))
            Cuts = new WordSplit.BeforeMetaspace();
    }

    /// <summary>A byte-level BPE.</summary>
    /// <param name="vocabulary">Tokens and their ids.</param>
    /// <param name="merges">Ids of two tokens and of their join, in order of priority.</param>
    /// <param name="ignoreMerges">Whether a word that is a token is kept, whatever its merges.</param>
    public BpeModel(Dictionary<string, int> vocabulary, IEnumerable<(int Left, int Right, int Result)> merges, bool ignoreMerges)
    {
        (this.vocabulary, this.ignoreMerges, prefix, suffix) = (vocabulary, ignoreMerges, "", "");
        this.merges = new BpeMerges(merges);
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;
    public override WordSplit? Cuts { get; }
    public BpeMerges Merges => merges;
    public bool IgnoreMerges => ignoreMerges;

    /// <summary>Ids of all 256 bytes as byte-level BPE spells them; null if one is missing or words are more than their bytes.</summary>
    public int[]? ByteLevelIds
    {
        get
        {
            if (prefix.Length > 0 || suffix.Length > 0)
                return null;
            var ids = new int[256];
            for (var b = 0; b < 256; b++)
            {
                if (!vocabulary.TryGetValue(ByteAlphabet.Character((byte)b).ToString(), out ids[b]))
                    return null;
            }
            return ids;
        }
    }

    /// <summary>Ids of the tokens &lt;0x00&gt; to &lt;0xFF&gt;; -1 for a missing one.</summary>
    public static int[] ByteTokens(IReadOnlyDictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), -1))];

    public override void Segment(string word, List<Piece> pieces)
    {
        if (ignoreMerges && vocabulary.TryGetValue(word, out var whole))
        {
            pieces.Add(new Piece(whole, 0, word.Length));
            return;
        }
        var symbols = new List<Piece>(word.Length);
        Symbols(word, symbols);
        var (ids, counts) = (new int[symbols.Count], new int[symbols.Count]);
        for (var i = 0; i < ids.Length; i++)
            (ids[i], counts[i]) = (symbols[i].Id, 1);
        var left = merges.Merge(ids, counts);
        for (var (i, at) = (0, 0); i < left; at += counts[i++])
            pieces.Add(new Piece(ids[i], symbols[at].Start, symbols[at + counts[i] - 1].End));
    }

    void Symbols(string word, List<Piece> symbols)
    {
        var tokens = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        Piece? pending = null; // an unknown piece, to which following unknown characters may be joined
        Span<byte> utf8 = stackalloc byte[4];
        for (var (start, width) = (0, 0); start < word.Length; start += width)
        {
            Rune.DecodeFromUtf16(word.AsSpan(start), out var rune, out width);
            var end = start + width;
            var own = word.AsSpan(start, width);
            if ((start > 0 && prefix.Length > 0) || (end == word.Length && suffix.Length > 0))
                own = (start > 0 ? prefix : "") + own.ToString() + (end == word.Length ? suffix : "");
            if (tokens.TryGetValue(own, out var id))
            {
                if (pending is { } before)
                    symbols.Add(before);
                pending = null;
                symbols.Add(new Piece(id, start, end));
                continue;
            }
            if (bytes is not null && Fallback(own, start, end, symbols))
                continue;
            if (unknown is not { } unk)
                continue;
            if (pending is { } last && !fuseUnknown)
                symbols.Add(last);
            pending = pending is { } joined && fuseUnknown ? joined with { End = end } : new Piece(unk, start, end);
        }
        if (pending is { } rest)
            symbols.Add(rest);
    }

    bool Fallback(ReadOnlySpan<char> own, int start, int end, List<Piece> symbols)
    {
        var utf8 = Encoding.UTF8.GetBytes(own.ToString());
        if (!utf8.All(b => bytes![b] >= 0))
            return false;
        foreach (var b in utf8)
            symbols.Add(new Piece(bytes![b], start, end));
        return true;
    }
}
