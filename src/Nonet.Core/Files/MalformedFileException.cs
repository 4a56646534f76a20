namespace Nonet.Files;

/// <summary>A file that is not what its format says: which file, what was found, what was expected. What a file says of itself is cut short: it may be of any length.</summary>
public sealed class MalformedFileException(string file, string found, string expected, Exception? inner = null)
    : FormatException($"{file}: found {Short(found)}; expected {Short(expected)}", inner)
{
    const int Most = 1000;

    public string File { get; } = file;
    public string Found { get; } = Short(found);
    public string Expected { get; } = Short(expected);

    /// <summary>The beginning of a long text.</summary>
    internal static string Short(string text) => text.Length <= Most ? text : text[..(Most - (char.IsHighSurrogate(text[Most - 1]) ? 1 : 0))] + "...";
}
