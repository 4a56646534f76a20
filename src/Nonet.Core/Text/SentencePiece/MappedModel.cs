using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.SentencePiece;

/// <summary>Ids of tokens, and the id of unknown text.</summary>
sealed record MappedVocabulary(IReadOnlyDictionary<string, int> Ids, int Unknown);

/// <summary>A model whose pieces have the ids of another vocabulary. Text that the model does not know is looked up in that vocabulary.</summary>
sealed class MappedModel(SentencePieceModel model, MappedVocabulary mapped) : TokenModel
{
    readonly int[] ids = [.. PieceNames(model).Select(name => name is null ? mapped.Unknown : mapped.Ids.GetValueOrDefault(name, mapped.Unknown))];
    readonly int unknown = model.Unknown;

    static string?[] PieceNames(SentencePieceModel model)
    {
        var names = new string?[model.Vocabulary.Values.DefaultIfEmpty(-1).Max() + 1];
        foreach (var (name, id) in model.Vocabulary)
            names[id] = name;
        return names;
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => mapped.Ids;
    public override WordSplit? Cuts => model.Cuts;

    public override void Segment(string word, List<Piece> pieces)
    {
        var begin = pieces.Count;
        model.Segment(word, pieces);
        for (var i = begin; i < pieces.Count; i++)
        {
            var (id, start, end) = pieces[i];
            pieces[i] = pieces[i] with { Id = id == unknown ? mapped.Ids.GetValueOrDefault(word[start..end], mapped.Unknown) : ids[id] };
        }
    }
}
