using System.Text.Json.Serialization;

namespace Nonet.Data;

/// <summary>How the bytes of a text file are characters.</summary>
public enum TextEncoding
{
    /// <summary>UTF-8; or UTF-16 or UTF-32, where the file begins with the byte-order mark of one of them.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>UTF-16 without a byte-order mark, the low byte first.</summary>
    [JsonStringEnumMemberName("utf-16le")]
    Utf16LittleEndian,

    /// <summary>UTF-16 without a byte-order mark, the high byte first.</summary>
    [JsonStringEnumMemberName("utf-16be")]
    Utf16BigEndian,

    /// <summary>ISO 8859-1: each byte is the character of that number.</summary>
    [JsonStringEnumMemberName("latin-1")]
    Latin1,

    /// <summary>Latin-1 as Windows has it: quotation marks, dashes and the euro sign from 0x80 to 0x9F.</summary>
    [JsonStringEnumMemberName("windows-1252")]
    Windows1252,
}

/// <summary>Names of encodings, in recipes and on the command line.</summary>
public static class TextEncodings
{
    public static IReadOnlyList<(string Name, TextEncoding Encoding)> Names { get; } =
    [
        ("auto", TextEncoding.Auto), ("utf-16le", TextEncoding.Utf16LittleEndian), ("utf-16be", TextEncoding.Utf16BigEndian), ("latin-1", TextEncoding.Latin1), ("windows-1252", TextEncoding.Windows1252),
    ];
}
