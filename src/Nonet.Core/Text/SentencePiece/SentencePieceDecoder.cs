using System.Text;
using Nonet.Text.Decoders;
using Nonet.Text.Segmentation;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Joins pieces to text: U+2581 becomes a space, except for one at the beginning that the model added, and runs of bytes are decoded as
/// UTF-8. google/sentencepiece, sentencepiece_processor.cc, Decode.
/// </summary>
sealed class SentencePieceDecoder(SentencePieceDefinition definition, IReadOnlyDictionary<string, int> vocabulary, string file) : TokenDecoder
{
    const string Space = "\u2581";

    readonly SentencePieceNormalizer? rules = definition.DecodedCharsMap.IsEmpty ? null : new SentencePieceNormalizer(
        new SentencePieceDefinition
        {
            Pieces = [],
            CharsMap = definition.DecodedCharsMap,
            DummyPrefix = false,
            RemoveExtraSpaces = false,
            EscapeSpaces = false
        }, new PieceTrie(), onlyFirst: false, file);

    public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter)
    {
        var (text, bytes, atBeginning) = (new StringBuilder(), new List<byte>(), definition.DummyPrefix || definition.RemoveExtraSpaces);
        foreach (var token in tokens)
        {
            var type = vocabulary.TryGetValue(token, out var id) && id < definition.Pieces.Count ? definition.Pieces[id].Type : PieceType.Control;
            if (type == PieceType.Byte && ByteOf(token) is { } b)
            {
                bytes.Add(b);
                continue;
            }
            Flush();
            atBeginning &= text.Length == 0;
            switch (type)
            {
                case PieceType.Control:
                    text.Append(token);
                    break;
                case PieceType.Unknown:
                    meter.Grow(definition.UnknownSurface.Length);
                    text.Append(definition.UnknownSurface);
                    break;
                default:
                    var shown = token.AsSpan();
                    if (atBeginning && shown.StartsWith(Space))
                    {
                        shown = shown[1..];
                        atBeginning = definition.RemoveExtraSpaces;
                    }
                    text.Append(shown.ToString().Replace(Space, " ", StringComparison.Ordinal));
                    break;
            }
        }
        Flush();
        return [rules?.Apply(text.ToString(), file) ?? text.ToString()];

        void Flush()
        {
            for (var rest = bytes.ToArray().AsSpan(); !rest.IsEmpty;)
            {
                var whole = Rune.DecodeFromUtf8(rest, out var rune, out var width) == System.Buffers.OperationStatus.Done;
                text.Append(rune); // U+FFFD for each byte that is not UTF-8
                rest = rest[(whole ? width : 1)..];
            }
            bytes.Clear();
        }
    }
}
