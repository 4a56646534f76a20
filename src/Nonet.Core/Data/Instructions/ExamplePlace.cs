using Nonet.Files;

namespace Nonet.Data.Instructions;

/// <summary>Where an example comes from.</summary>
/// <param name="File">Path of its file.</param>
/// <param name="Row">Place in the file: "line 3", "row 3".</param>
public readonly record struct ExamplePlace(string File, string Row)
{
    /// <summary>An error in the example that names the file and the row.</summary>
    public MalformedFileException Malformed(string found, string expected, Exception? inner = null) => new(File, $"{found} in {Row}", expected, inner);

    /// <inheritdoc/>
    public override string ToString() => $"{File}, {Row}";
}
