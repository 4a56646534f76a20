namespace Nonet.Text.SentencePiece;

/// <summary>Kind of a piece in a SentencePiece vocabulary. The numbers are those of its files and of GGUF.</summary>
enum PieceType
{
    Normal = 1,

    /// <summary>Stands for text that no other piece covers.</summary>
    Unknown = 2,

    /// <summary>A special token, such as &lt;s&gt;: never found in text.</summary>
    Control = 3,

    /// <summary>Always found in text, and never joined to its neighbours.</summary>
    UserDefined = 4,

    /// <summary>Not part of the vocabulary, but its id is kept.</summary>
    Unused = 5,

    /// <summary>A byte of a character that no piece covers.</summary>
    Byte = 6,
}
