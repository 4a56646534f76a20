using Nonet.Files;

namespace Nonet.Text.Segmentation;

/// <summary>Every word is one token: its own, or the unknown token.</summary>
sealed class WordLevelModel : TokenModel
{
    readonly Dictionary<string, int> vocabulary;
    readonly int? unknown;

    public WordLevelModel(JsonFields json)
    {
        vocabulary = ReadVocabulary(VocabularyOf(json));
        unknown = vocabulary.TryGetValue(json.Text("unk_token") ?? "<unk>", out var id) ? id : null;
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override void Segment(string word, List<Piece> pieces)
    {
        if (vocabulary.TryGetValue(word, out var id))
            pieces.Add(new Piece(id, 0, word.Length));
        else if (unknown is { } unk)
            pieces.Add(new Piece(unk, 0, word.Length));
        else
            throw new UnknownTokenException(word);
    }
}
