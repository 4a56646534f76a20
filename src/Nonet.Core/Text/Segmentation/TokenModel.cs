using System.Text.Json;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Splits;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Text.Segmentation;

/// <summary>A token of a word: its id, and its place in UTF-16 units of the word.</summary>
readonly record struct Piece(int Id, int Start, int End);

/// <summary>Splits a word into tokens: the part `model` of tokenizer.json.</summary>
abstract class TokenModel
{
    const int MostIds = 1 << 24;

    /// <summary>Tokens and their ids.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Tokens of a word. Several threads can call it at once.</summary>
    public abstract void Segment(string word, List<Piece> pieces);

    /// <summary>Places where a word can be split without changing its tokens; null: none.</summary>
    public virtual WordSplit? Cuts => null;

    /// <summary>Creates a separate encoder if words cannot be encoded one by one; null if they can.</summary>
    public virtual ITextEncoder? CreateEncoder() => null;

    public static TokenModel Read(JsonFields json)
    {
        var type = json.Text("type") ?? (!json.Has("vocab") ? null : json.Has("merges") ? "BPE" : json.IsArray("vocab") ? "Unigram"
            : json.Has("max_input_chars_per_word") ? "WordPiece" : "WordLevel");
        return type switch
        {
            "BPE" => new BpeModel(json),
            "WordPiece" => new WordPieceModel(json),
            "Unigram" => UnigramModel.From(json),
            "WordLevel" => new WordLevelModel(json),
            _ => throw json.Wrong("type", "BPE, WordPiece, Unigram or WordLevel"),
        };
    }

    /// <summary>An object of tokens and ids.</summary>
    public static Dictionary<string, int> ReadVocabulary(JsonFields json)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var used = new HashSet<int>();
        foreach (var pair in json.All)
        {
            if (pair.Value.ValueKind != JsonValueKind.Number || !pair.Value.TryGetInt32(out var id) || id < 0 || id >= MostIds)
                throw json.Wrong(pair.Name, $"an id: a whole number from 0 to {MostIds - 1}");
            if (!used.Add(id))
                throw json.Wrong(pair.Name, "an id that no other token has");
            if (!vocabulary.TryAdd(pair.Name, id))
                throw json.Wrong(pair.Name, "each token once");
        }
        return vocabulary;
    }

    protected static JsonFields VocabularyOf(JsonFields json) => json.Object("vocab") ?? throw json.Missing("vocab", "tokens and ids");

    /// <summary>
    /// Whether words may be split before a U+2581 that follows another character. This holds if U+2581 is a token and no token contains one after its first
    /// character.
    /// </summary>
    protected static bool MetaspaceCuts(IEnumerable<string> tokens)
    {
        var known = false;
        foreach (var token in tokens)
        {
            known |= token == "\u2581";
            var rest = token.AsSpan().TrimStart('\u2581');
            if (rest.Contains('\u2581'))
                return false;
        }
        return known;
    }
}
