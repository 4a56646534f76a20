using System.IO.MemoryMappedFiles;

namespace Nonet.Files;

/// <summary>
/// The bytes of a file, mapped for reading. Code with a pointer into the file must also hold this object: the map is closed when nothing
/// refers to it.
/// </summary>
sealed unsafe class MappedFile : IDisposable
{
    readonly FileStream stream;
    readonly MemoryMappedFile map;
    readonly MemoryMappedViewAccessor view;
    readonly byte* pointer;
    bool closed;

    /// <param name="path">The file.</param>
    /// <param name="least">Smallest size of a file of this format, in bytes.</param>
    /// <param name="format">Name of the format, for messages.</param>
    public MappedFile(string path, long least, string format)
    {
        FilePath = path;
        stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        try
        {
            Length = stream.Length;
            if (Length < least)
                throw new MalformedFileException(path, $"{Length} bytes", $"{format}, at least {least} bytes");
            map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        pointer = (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle() + view.PointerOffset;
    }

    public string FilePath { get; }
    public long Length { get; }
    public byte* Pointer => closed ? throw new ObjectDisposedException(FilePath, "the file has been closed") : pointer;

    /// <summary>Copies bytes without bringing pages of the map into memory.</summary>
    public void Read(long start, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var count = RandomAccess.Read(stream.SafeFileHandle, to, start);
            if (count == 0)
                throw new MalformedFileException(FilePath, $"{start} bytes", $"{Length}, its length when it was opened; the file has been truncated since");
            start += count;
            to = to[count..];
        }
    }

    public ReadOnlySpan<byte> Slice(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Length);
        return new ReadOnlySpan<byte>(Pointer + start, count);
    }

    public void Dispose()
    {
        closed = true;
        view.Dispose();
        map.Dispose();
    }
}
