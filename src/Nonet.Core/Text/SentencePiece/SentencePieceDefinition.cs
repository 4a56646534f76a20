namespace Nonet.Text.SentencePiece;

/// <summary>How text is cut into pieces. The numbers are those of TrainerSpec.model_type.</summary>
enum SentencePieceKind { Unigram = 1, Bpe = 2, Word = 3, Char = 4 }

/// <summary>A piece: its text, with U+2581 for a space, the logarithm of its probability or its priority, and what it is.</summary>
readonly record struct ScoredPiece(string Text, float Score, PieceType Type = PieceType.Normal);

/// <summary>What a SentencePiece model says, whatever file it came from. google/sentencepiece, sentencepiece_model.proto; defaults are those of that file.</summary>
sealed record SentencePieceDefinition
{
    public SentencePieceKind Kind { get; init; } = SentencePieceKind.Unigram;
    public required IReadOnlyList<ScoredPiece> Pieces { get; init; }

    /// <summary>Ids of marks; -1: there is none.</summary>
    public int Bos { get; init; } = -1;
    public int Eos { get; init; } = -1;
    public int Pad { get; init; } = -1;

    /// <summary>Whether a character that no piece says becomes the pieces of its bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Rules of normalisation as <see cref="Normalizers.CharsMap"/> reads them; none: text stays as it is.</summary>
    public ReadOnlyMemory<byte> CharsMap { get; init; }

    /// <summary>The same for text that has been decoded.</summary>
    public ReadOnlyMemory<byte> DecodedCharsMap { get; init; }

    /// <summary>The name of the rules, such as nmt_nfkc.</summary>
    public string RuleName { get; init; } = "";

    /// <summary>Whether a text is given a space before it.</summary>
    public bool DummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at the ends go, and several in a row become one.</summary>
    public bool RemoveExtraSpaces { get; init; } = true;

    /// <summary>Whether a space becomes U+2581.</summary>
    public bool EscapeSpaces { get; init; } = true;

    /// <summary>Whether the space of a word stands at its end.</summary>
    public bool SpaceAsSuffix { get; init; }

    /// <summary>What the unknown piece is decoded to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>The first unknown piece; -1: there is none.</summary>
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
