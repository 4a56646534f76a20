using System.Text;
using System.Text.Unicode;
using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>The lines of a text file of a task, plain or .gz. Text must be strict UTF-8. Only \n ends a line, so parallel files stay parallel.</summary>
static class TaskLines
{
    /// <summary>Lines with their numbers from 1, without \n or \r\n. A byte-order mark is skipped.</summary>
    public static IEnumerable<(long Number, string Text)> Read(string path)
    {
        var number = 0L;
        foreach (var line in Bytes(path))
            yield return (++number, Decode(path, number, line.Span));
    }

    /// <summary>The same as bytes. Each line is valid until the next one is read.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Bytes(string path)
    {
        using var stream = Open(path);
        var first = true;
        foreach (var line in ByteLines.Read(path, stream))
        {
            var content = first && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line[3..] : line;
            first = false;
            yield return content.Span.EndsWith("\r"u8) ? content[..^1] : content;
        }
    }

    public static Stream Open(string path) => File.Exists(path)
        ? new SourceFile(path, DataFormat.Text, IsGzip(path)).Open()
        : throw new FileNotFoundException($"{path}: found no such file", path);

    static bool IsGzip(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The extension of a name without .gz, in lower case: ".tsv".</summary>
    public static string EndingOf(string path)
    {
        var name = IsGzip(path) ? path[..^3] : path;
        return Path.GetExtension(name).ToLowerInvariant();
    }

    static string Decode(string path, long number, ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
            throw new MalformedFileException(path, $"bytes on line {number} that are not UTF-8", Utf8Stream.Remedy);
        if (line.Contains((byte)0))
            throw new MalformedFileException(path, $"a zero byte on line {number}: a binary file", "text in UTF-8");
        return Encoding.UTF8.GetString(line);
    }
}
