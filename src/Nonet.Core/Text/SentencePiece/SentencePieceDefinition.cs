namespace Nonet.Text.SentencePiece;

/// <summary>Method of splitting text into pieces. The numbers are those of TrainerSpec.model_type.</summary>
enum SentencePieceKind { Unigram = 1, Bpe = 2, Word = 3, Char = 4 }

/// <summary>A piece: its text, with U+2581 for a space; its log-probability or priority; and its kind.</summary>
readonly record struct ScoredPiece(string Text, float Score, PieceType Type = PieceType.Normal);

/// <summary>
/// The content of a SentencePiece model, read from any file format. google/sentencepiece, sentencepiece_model.proto, with the defaults of
/// that file.
/// </summary>
sealed record SentencePieceDefinition
{
    public SentencePieceKind Kind { get; init; } = SentencePieceKind.Unigram;
    public required IReadOnlyList<ScoredPiece> Pieces { get; init; }

    /// <summary>Ids of special tokens; -1: none.</summary>
    public int Bos { get; init; } = -1;
    public int Eos { get; init; } = -1;
    public int Pad { get; init; } = -1;

    /// <summary>Whether a character that no piece covers becomes the pieces of its bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Normalisation rules as <see cref="Normalizers.CharsMap"/> reads them; empty: no normalisation.</summary>
    public ReadOnlyMemory<byte> CharsMap { get; init; }

    /// <summary>Normalisation rules for decoded text.</summary>
    public ReadOnlyMemory<byte> DecodedCharsMap { get; init; }

    /// <summary>Name of the rules, such as nmt_nfkc.</summary>
    public string RuleName { get; init; } = "";

    /// <summary>Whether a space is added before a text.</summary>
    public bool DummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at the ends are removed, and runs of spaces become one.</summary>
    public bool RemoveExtraSpaces { get; init; } = true;

    /// <summary>Whether a space becomes U+2581.</summary>
    public bool EscapeSpaces { get; init; } = true;

    /// <summary>Whether a word has its space at its end.</summary>
    public bool SpaceAsSuffix { get; init; }

    /// <summary>Text to which the unknown piece is decoded.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>Id of the first unknown piece; -1: none.</summary>
    public int Unknown => Find(PieceType.Unknown);

    int Find(PieceType type)
    {
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (Pieces[id].Type == type)
                return id;
        }
        return -1;
    }
}
