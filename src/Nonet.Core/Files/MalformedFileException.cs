namespace Nonet.Files;

/// <summary>A file that is not what its format says: which file, what was found, what was expected.</summary>
public sealed class MalformedFileException(string file, string found, string expected, Exception? inner = null)
    : FormatException($"{file}: found {found}; expected {expected}", inner)
{
    public string File { get; } = file;
    public string Found { get; } = found;
    public string Expected { get; } = expected;
}
