using System.Text;
using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Segmentation;
using Nonet.Text.Splits;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Splits normalised text into the pieces of a SentencePiece model. A run of unknown text is one piece, or its bytes. google/sentencepiece,
/// sentencepiece_processor.cc.
/// </summary>
abstract class SentencePieceModel : TokenModel
{
    const int LongestPiece = 1024; // keeps the time of any model linear in the text

    /// <summary>Id for a character that no piece covers.</summary>
    protected const int NoPiece = -1;

    readonly Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
    readonly int[]? bytes;

    protected SentencePieceModel(SentencePieceDefinition definition, string file)
    {
        Pieces = definition.Pieces;
        vocabulary.EnsureCapacity(Pieces.Count);
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (Pieces[id].Text.Length > LongestPiece)
                throw new MalformedFileException(file, $"piece {id} of {Pieces[id].Text.Length} characters", $"at most {LongestPiece}");
            if (!vocabulary.TryAdd(Pieces[id].Text, id))
                throw new MalformedFileException(file, $"piece {id}, '{Pieces[id].Text}', twice", "pieces that differ");
            if (Pieces[id].Type == PieceType.UserDefined)
                UserDefined.Add(Pieces[id].Text, id);
        }
        Unknown = definition.Unknown;
        bytes = definition.ByteFallback ? BpeModel.ByteTokens(vocabulary) : null;
        if (MetaspaceCuts(vocabulary.Keys))
            Cuts = new WordSplit.BeforeMetaspace();
    }

    public static SentencePieceModel Of(SentencePieceDefinition definition, string file) => definition.Kind switch
    {
        SentencePieceKind.Bpe => new SentencePieceBpe(definition, file),
        SentencePieceKind.Unigram => new SentencePieceUnigram(definition, file),
        _ => new SentencePieceWords(definition, file),
    };

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;
    public override WordSplit? Cuts { get; }

    /// <summary>Texts of the user-defined pieces.</summary>
    public PieceTrie UserDefined { get; } = new();

    /// <summary>Id of unknown text; -1: none.</summary>
    public int Unknown { get; }

    protected IReadOnlyList<ScoredPiece> Pieces { get; }

    /// <summary>Whether a piece is found in text.</summary>
    protected static bool IsText(ScoredPiece piece) => piece.Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;

    protected bool IsUnused(int id) => id >= 0 && Pieces[id].Type == PieceType.Unused;

    /// <summary>Id of a text that is a whole piece; a single character may be a special token. <see cref="NoPiece"/> if there is none.</summary>
    protected int IdOf(ReadOnlySpan<char> text) => vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var id) ? id : NoPiece;

    /// <summary>Number of units of the character or user-defined piece at a place.</summary>
    protected int Width(string text, int at, out bool userDefined)
    {
        var length = 0;
        userDefined = !UserDefined.IsEmpty && UserDefined.Longest(text.AsSpan(at), out length, out _) >= 0;
        return userDefined ? length : char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
    }

    /// <summary>Appends a piece that was found, or the replacement of unknown text.</summary>
    /// <param name="text">The normalised text.</param>
    /// <param name="piece">The piece; its id may be <see cref="NoPiece"/>.</param>
    /// <param name="to">Pieces so far.</param>
    /// <param name="begin">Index of the first piece of this text.</param>
    protected void Append(string text, Piece piece, List<Piece> to, int begin)
    {
        var (id, start, end) = piece;
        if (id != NoPiece && id != Unknown)
        {
            to.Add(piece);
            return;
        }
        if (bytes is not null)
        {
            Span<byte> utf8 = stackalloc byte[4];
            for (var (at, width) = (start, 0); at < end; at += width)
            {
                Rune.DecodeFromUtf16(text.AsSpan(at, end - at), out var rune, out width);
                foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                    to.Add(new Piece(bytes[b] >= 0 ? bytes[b] : UnknownOr(text[start..end]), at, at + width));
            }
            return;
        }
        if (to.Count > begin && to[^1].Id == Unknown)
            to[^1] = to[^1] with { End = end };
        else
            to.Add(new Piece(UnknownOr(text[start..end]), start, end));
    }

    int UnknownOr(string text) => Unknown >= 0 ? Unknown : throw new UnknownTokenException(text);
}
