namespace Nonet.Text.SentencePiece;

/// <summary>What a piece of a SentencePiece vocabulary is. The numbers are those of its files and of GGUF's.</summary>
enum PieceType
{
    Normal = 1,

    /// <summary>What no other piece says.</summary>
    Unknown = 2,

    /// <summary>A mark, such as &lt;s&gt;: never found in text.</summary>
    Control = 3,

    /// <summary>Always found, and never joined to its neighbours.</summary>
    UserDefined = 4,

    /// <summary>Left out of the vocabulary, its id kept.</summary>
    Unused = 5,

    /// <summary>A byte of a character that no piece says.</summary>
    Byte = 6,
}
