namespace Nonet.Files;

/// <summary>
/// A file that violates its format. The message says which file, what was found and what was expected. Text from the file is truncated,
/// since it may have any length.
/// </summary>
public sealed class MalformedFileException(string file, string found, string expected, Exception? inner = null)
    : FormatException($"{file}: found {Short(found)}; expected {Short(expected)}", inner)
{
    const int Most = 1000;

    /// <summary>Path of the file.</summary>
    public string File { get; } = file;

    /// <summary>Description of what the file contains, truncated.</summary>
    public string Found { get; } = Short(found);

    /// <summary>Description of what the format requires, truncated.</summary>
    public string Expected { get; } = Short(expected);

    /// <summary>The beginning of a long text.</summary>
    internal static string Short(string text) => text.Length <= Most ? text : text[..(Most - (char.IsHighSurrogate(text[Most - 1]) ? 1 : 0))] + "...";
}
