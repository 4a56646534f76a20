using Nonet.Text;
using Nonet.Text.SentencePiece;

namespace Nonet.Fuzz.Making;

/// <summary>Small sound tokenizers, and what is done with one that has been opened.</summary>
static class SoundTokenizers
{
    const string Sample = "The naïve 中文 <s>123</s>  don't\n ab aab 😀";

    public static IEnumerable<Tokenizer> SentencePieces() =>
        Definitions().Take(2).Select(d => new SentencePieceTokenizer { File = "x.model", AddBos = true, Definition = d }.Build());

    public static SentencePieceDefinition[] Definitions()
    {
        var bpe = new SentencePieceDefinition
        {
            Kind = SentencePieceKind.Bpe,
            Bos = 1,
            Eos = 2,
            ByteFallback = true,
            RemoveExtraSpaces = false,
            Pieces =
            [
                new("<unk>", 0, PieceType.Unknown), new("<s>", 0, PieceType.Control), new("</s>", 0, PieceType.Control),
                .. Enumerable.Range(0, 256).Select(b => new ScoredPiece($"<0x{b:X2}>", 0, PieceType.Byte)),
                new("▁", -9), new("a", -9), new("b", -9), new("▁a", -1), new("ab", -2), new("▁▁", -3), new("user", 0, PieceType.UserDefined),
            ],
        };
        var unigram = new SentencePieceDefinition
        {
            Pieces = [new("<pad>", 0, PieceType.Control), new("</s>", 0, PieceType.Control), new("<unk>", 0, PieceType.Unknown), new("▁", -3), new("a", -3),
                new("b", -3), new("▁ab", -4)],
            Eos = 1,
            Pad = 0,
            CharsMap = new byte[] { 0, 0, 0, 0 },
        };
        byte[] map = [0x10, 0, 0, 0, 0, 4, 0, 0, 0x61, 5, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, (byte)'b', 0];
        return [bpe, unigram, unigram with { Kind = SentencePieceKind.Word, SpaceAsSuffix = true }, unigram with { CharsMap = map }];
    }

    /// <summary>Encodes texts, one of them long, in every way, and decodes what comes.</summary>
    public static void Use(Tokenizer tokenizer, string text = Sample)
    {
        var ids = tokenizer.Encode(text);
        tokenizer.Decode(ids);
        tokenizer.DecodeText(ids);
        var encoded = tokenizer.EncodeFull(text, "ab");
        if (encoded.Tokens.FirstOrDefault(t => t.Start < 0 || t.Start > t.End || t.End > Math.Max(text.Length, 2)) is { } outside
            && encoded.Tokens.Contains(outside) && outside.End > 0)
            throw new InvalidOperationException($"the token {outside} lies outside of the text");
        if (ids.Length > 0)
            tokenizer.BytesOf(ids[0]);
        tokenizer.EncodePlain(text);
        tokenizer.Decode(tokenizer.Encode(new string('a', 6000)));
        tokenizer.Decode(tokenizer.Encode(string.Concat(Enumerable.Repeat(text + " ", 100))));
    }
}
