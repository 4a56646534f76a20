namespace Nonet.Files;

/// <summary>
/// Writes a file completely or not at all: to name.tmp, flushed to the disk, then renamed. If anything fails (a full disk, an exception
/// while writing), name.tmp is removed and an older file of that name is unchanged.
/// </summary>
public static class AtomicFile
{
    /// <summary>Suffix of an unfinished file or folder.</summary>
    internal const string Suffix = ".tmp";

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file. Its folder is created if it is missing.</param>
    /// <param name="write">Writes the content. The stream can seek.</param>
    public static void Write(string path, Action<Stream> write)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + Suffix;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (IsTooLarge(e))
                throw TooLarge(path, e);
            throw;
        }
    }

    /// <summary>Whether an exception is .NET's form of EFBIG: the file is larger than the file system or a limit allows.</summary>
    internal static bool IsTooLarge(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value" };

    internal static IOException TooLarge(string path, Exception e) => new($"{path}: the file is larger than the file system or a limit allows", e);

    /// <summary>Writes a text as UTF-8, without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
