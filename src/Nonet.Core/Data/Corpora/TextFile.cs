using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>
/// Reads a whole text file strictly. It must be UTF-8, or UTF-16 with a byte-order mark, without invalid or zero bytes, and not empty.
/// </summary>
public static class TextFile
{
    const int MaxBytes = 1 << 30;

    /// <returns>The text without a byte-order mark. Line ends are \n.</returns>
    public static string Read(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaxBytes)
            throw new MalformedFileException(path, $"{length} bytes", $"a text of at most {MaxBytes}; split the file");
        using var file = Utf8Stream.Of(path, File.OpenRead(path), TextEncoding.Auto);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        ReadOnlySpan<byte> content = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        var start = content.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        content = content[start..];
        if (content.IndexOf((byte)0) is >= 0 and var zero)
            throw new MalformedFileException(path, $"a zero byte at offset {start + zero}: a binary file, or UTF-16 without a byte-order mark",
                Utf8Stream.Remedy);
        var characters = ArrayPool<char>.Shared.Rent(content.Length + 1);
        try
        {
            if (Utf8.ToUtf16(content, characters, out var read, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
                throw new MalformedFileException(path, $"byte 0x{content[read]:X2} at offset {start + read}, which is not UTF-8", Utf8Stream.Remedy);
            var text = new string(characters, 0, written);
            if (text.Contains('\r', StringComparison.Ordinal))
                text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
            return string.IsNullOrWhiteSpace(text)
                ? throw new MalformedFileException(path, content.Length == 0 ? "an empty file" : "nothing but blanks", "text") : text;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }
}
