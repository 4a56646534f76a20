using System.Text.Json.Serialization;

namespace Nonet.Data;

/// <summary>Character encodings of text files.</summary>
public enum TextEncoding
{
    /// <summary>UTF-8, or UTF-16 or UTF-32 if the file begins with their byte-order mark.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>UTF-16 without a byte-order mark, low byte first.</summary>
    [JsonStringEnumMemberName("utf-16le")]
    Utf16LittleEndian,

    /// <summary>UTF-16 without a byte-order mark, high byte first.</summary>
    [JsonStringEnumMemberName("utf-16be")]
    Utf16BigEndian,

    /// <summary>ISO 8859-1: each byte is the character with that number.</summary>
    [JsonStringEnumMemberName("latin-1")]
    Latin1,

    /// <summary>Windows' extension of Latin-1: quotation marks, dashes and the euro sign from 0x80 to 0x9F.</summary>
    [JsonStringEnumMemberName("windows-1252")]
    Windows1252,
}

/// <summary>Names of encodings, in recipes and on the command line.</summary>
public static class TextEncodings
{
    /// <summary>All encodings with their names.</summary>
    public static IReadOnlyList<(string Name, TextEncoding Encoding)> Names { get; } =
    [
        ("auto", TextEncoding.Auto), ("utf-16le", TextEncoding.Utf16LittleEndian), ("utf-16be", TextEncoding.Utf16BigEndian), ("latin-1", TextEncoding.Latin1),
        ("windows-1252", TextEncoding.Windows1252),
    ];
}
