using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Text.SentencePiece;

/// <summary>The file of a SentencePiece model: ModelProto of google/sentencepiece, sentencepiece_model.proto.</summary>
static class SentencePieceProto
{
    const int MostPieces = 1 << 24;

    /// <summary>Whether a file begins like a model: with a piece, a message that begins with its text.</summary>
    public static bool Is(ReadOnlySpan<byte> content) => content.Length > 2 && content[0] == 0x0A && content[2] == 0x0A;

    public static SentencePieceDefinition Read(ReadOnlySpan<byte> content, string file)
    {
        var pieces = new List<ScoredPiece>();
        var definition = new SentencePieceDefinition { Pieces = pieces, Bos = 1, Eos = 2 };
        var model = new ProtobufReader(content, file, "");
        while (model.Next())
        {
            switch (model.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(model.Message($"pieces[{pieces.Count}]")));
                    if (pieces.Count > MostPieces)
                        throw model.Wrong("one piece more", $"at most {MostPieces}");
                    break;
                case 2:
                    definition = ReadTrainer(model.Message("trainer_spec"), definition);
                    break;
                case 3:
                    definition = ReadNormalizer(model.Message("normalizer_spec"), definition);
                    break;
                case 5:
                    definition = definition with
                    {
                        DecodedCharsMap = ReadNormalizer(model.Message("denormalizer_spec"), new SentencePieceDefinition { Pieces = [] }).CharsMap
                    };
                    break;
            }
        }
        if (pieces.Count == 0)
            throw new MalformedFileException(file, "no pieces", "a SentencePiece model");
        return definition with { Bos = Mark(definition.Bos), Eos = Mark(definition.Eos), Pad = Mark(definition.Pad) };

        int Mark(int id) => id >= 0 && id < pieces.Count && pieces[id].Type == PieceType.Control ? id : -1;
    }

    static ScoredPiece ReadPiece(ProtobufReader message)
    {
        var (text, score, type) = ("", 0f, PieceType.Normal);
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1: text = message.Text(); break;
                case 2:
                    score = message.Float();
                    if (float.IsNaN(score))
                        throw message.Wrong("a score that is no number", "a score");
                    break;
                case 3:
                    type = (PieceType)message.Int();
                    if (!Enum.IsDefined(type))
                        throw message.Wrong($"type {(int)type}", "1 to 6");
                    break;
            }
        }
        return text.Length > 0 ? new ScoredPiece(text, score, type) : throw message.Wrong("a piece without a text", "a text");
    }

    static SentencePieceDefinition ReadTrainer(ProtobufReader message, SentencePieceDefinition to)
    {
        while (message.Next())
        {
            switch (message.Field)
            {
                case 3:
                    to = to with { Kind = (SentencePieceKind)message.Int() };
                    if (!Enum.IsDefined(to.Kind))
                        throw message.Wrong($"model_type {(int)to.Kind}", "1 (unigram), 2 (BPE), 3 (words) or 4 (characters)");
                    break;
                case 24: to = to with { SpaceAsSuffix = message.Flag() }; break;
                case 35: to = to with { ByteFallback = message.Flag() }; break;
                case 41: to = to with { Bos = message.Int() }; break;
                case 42: to = to with { Eos = message.Int() }; break;
                case 43: to = to with { Pad = message.Int() }; break;
                case 44: to = to with { UnknownSurface = message.Text() }; break;
            }
        }
        return to;
    }

    static SentencePieceDefinition ReadNormalizer(ProtobufReader message, SentencePieceDefinition to)
    {
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1: to = to with { RuleName = message.Text() }; break;
                case 2: to = to with { CharsMap = message.Content().ToArray() }; break;
                case 3: to = to with { DummyPrefix = message.Flag() }; break;
                case 4: to = to with { RemoveExtraSpaces = message.Flag() }; break;
                case 5: to = to with { EscapeSpaces = message.Flag() }; break;
            }
        }
        return to;
    }

    /// <summary>Content of a file that gives the same ids.</summary>
    public static byte[] Write(SentencePieceDefinition definition)
    {
        var file = new MemoryStream();
        Span<byte> score = [2 << 3 | 5, 0, 0, 0, 0];
        foreach (var piece in definition.Pieces)
        {
            var message = new MemoryStream();
            WriteBytes(message, 1, Encoding.UTF8.GetBytes(piece.Text));
            BinaryPrimitives.WriteSingleLittleEndian(score[1..], piece.Score);
            message.Write(score);
            WriteNumber(message, 3, (int)piece.Type);
            WriteBytes(file, 1, message.ToArray());
        }
        var trainer = new MemoryStream();
        WriteNumber(trainer, 3, (int)definition.Kind);
        WriteNumber(trainer, 4, definition.Pieces.Count);
        WriteNumber(trainer, 24, definition.SpaceAsSuffix ? 1 : 0);
        WriteNumber(trainer, 35, definition.ByteFallback ? 1 : 0);
        var marks = new (int Field, int Id)[] { (40, definition.Unknown), (41, definition.Bos), (42, definition.Eos), (43, definition.Pad) };
        foreach (var (field, id) in marks)
            WriteNumber(trainer, field, id);
        WriteBytes(trainer, 44, Encoding.UTF8.GetBytes(definition.UnknownSurface));
        foreach (var (field, id) in marks.Where(m => m.Id >= 0))
            WriteBytes(trainer, field + 5, Encoding.UTF8.GetBytes(definition.Pieces[id].Text)); // unk_piece, bos_piece, eos_piece, pad_piece
        WriteBytes(file, 2, trainer.ToArray());
        var normalizer = new MemoryStream();
        WriteBytes(normalizer, 1,
            Encoding.UTF8.GetBytes(definition.RuleName.Length > 0 ? definition.RuleName : definition.CharsMap.IsEmpty ? "identity" : "custom"));
        WriteBytes(normalizer, 2, definition.CharsMap.Span);
        WriteNumber(normalizer, 3, definition.DummyPrefix ? 1 : 0);
        WriteNumber(normalizer, 4, definition.RemoveExtraSpaces ? 1 : 0);
        WriteNumber(normalizer, 5, definition.EscapeSpaces ? 1 : 0);
        WriteBytes(file, 3, normalizer.ToArray());
        if (!definition.DecodedCharsMap.IsEmpty)
        {
            var denormalizer = new MemoryStream();
            WriteBytes(denormalizer, 2, definition.DecodedCharsMap.Span);
            WriteBytes(file, 5, denormalizer.ToArray());
        }
        return file.ToArray();
    }

    static void WriteNumber(Stream stream, int field, int value)
    {
        WriteVarint(stream, (ulong)field << 3);
        WriteVarint(stream, (ulong)(long)value);
    }

    static void WriteBytes(Stream stream, int field, ReadOnlySpan<byte> content)
    {
        WriteVarint(stream, (ulong)field << 3 | 2);
        WriteVarint(stream, (ulong)content.Length);
        stream.Write(content);
    }

    static void WriteVarint(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
