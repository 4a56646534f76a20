using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.SentencePiece;

/// <summary>Every word is a piece, or every character. google/sentencepiece, word_model.cc and char_model.cc.</summary>
sealed class SentencePieceWords(SentencePieceDefinition definition, string file) : SentencePieceModel(definition, file)
{
    const char Space = '\u2581';

    readonly bool characters = definition.Kind == SentencePieceKind.Char, asSuffix = definition.SpaceAsSuffix;

    public override WordSplit? Cuts => null;

    public override void Segment(string word, List<Piece> pieces)
    {
        var begin = pieces.Count;
        for (var at = 0; at < word.Length;)
        {
            var end = characters ? at + Width(word, at, out _) : EndOfWord(word, at);
            Append(word, new Piece(IdOf(word.AsSpan(at, end - at)), at, end), pieces, begin);
            at = end;
        }
    }

    /// <summary>A word ends before the next space, or after it if spaces belong to the end of words.</summary>
    int EndOfWord(string text, int at)
    {
        var space = text.AsSpan(at + (asSuffix ? 0 : 1)).IndexOf(Space);
        return space < 0 ? text.Length : at + space + 1;
    }
}
