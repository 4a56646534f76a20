namespace Nonet.Files;

/// <summary>
/// Writes a file so that its name always stands for a whole one: into name.tmp, flushed to the disk, then renamed. If anything fails
/// (a full disk, an exception while writing), name.tmp is removed and an older file of that name stays as it was.
/// </summary>
public static class AtomicFile
{
    /// <summary>What a file or folder is called until it is whole.</summary>
    internal const string Suffix = ".tmp";

    /// <param name="path">Where the file will be; its folder is made where it is missing.</param>
    /// <param name="write">Writes the content; the stream can seek.</param>
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

    /// <summary>What .NET makes of EFBIG, a file larger than the file system or a limit allows.</summary>
    internal static bool IsTooLarge(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value" };

    internal static IOException TooLarge(string path, Exception e) => new($"{path}: the file system or a limit allows no file of this size", e);

    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
