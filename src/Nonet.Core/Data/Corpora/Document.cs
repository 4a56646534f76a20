using System.Text;

namespace Nonet.Data.Corpora;

/// <summary>A text that is read as one: a file, a chapter, a block.</summary>
/// <param name="Source">The file it comes from.</param>
/// <param name="Part">Which part of that file, from 0.</param>
/// <param name="Text">The text itself.</param>
public sealed record Document(string Source, int Part, string Text)
{
    /// <summary>Bytes of the text in UTF-8.</summary>
    public int Bytes { get; } = Encoding.UTF8.GetByteCount(Text);

    public override string ToString() => $"{Source} #{Part} ({Bytes} bytes)";
}
