using System.Text;

namespace Nonet.Data.Corpora;

/// <summary>A text that is treated as a unit: a file, a chapter, a block.</summary>
/// <param name="Source">Path of its file.</param>
/// <param name="Part">Number of the part within that file, from 0.</param>
/// <param name="Text">The text.</param>
public sealed record Document(string Source, int Part, string Text)
{
    /// <summary>Bytes of the text in UTF-8.</summary>
    public int Bytes { get; } = Encoding.UTF8.GetByteCount(Text);

    /// <inheritdoc/>
    public override string ToString() => $"{Source} #{Part} ({Bytes} bytes)";
}
