using System.Buffers.Binary;
using System.Security.Cryptography;
using Nonet.Files;

namespace Nonet.Data;

/// <summary>
/// Digest in the last 8 bytes of a data file's header: the first 8 bytes of the SHA-256 of the bytes after the header, followed by the
/// header without the digest.
/// </summary>
sealed class FileDigest : IDisposable
{
    /// <summary>Bytes of the digest.</summary>
    public const int Bytes = 8;

    const int Piece = 1 << 22;
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds the next bytes after the header.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => hash.AppendData(bytes);

    /// <summary>Writes the digest into the last bytes of an otherwise complete header.</summary>
    public void Seal(Span<byte> header) => BinaryPrimitives.WriteUInt64LittleEndian(header[^Bytes..], Finish(header));

    /// <summary>Throws a <see cref="MalformedFileException"/> if the file has changed since it was written.</summary>
    public static void Check(MappedFile file, int headerBytes)
    {
        using var digest = new FileDigest();
        for (long at = headerBytes; at < file.Length; at += Piece)
            digest.Add(file.Slice(at, (int)Math.Min(Piece, file.Length - at)));
        var header = file.Slice(0, headerBytes);
        var (stored, computed) = (BinaryPrimitives.ReadUInt64LittleEndian(header[^Bytes..]), digest.Finish(header));
        if (stored != computed)
            throw new MalformedFileException(file.FilePath, $"bytes with digest {computed:x16}",
                $"{stored:x16}, as written: the file was changed; delete its folder, and it will be created again");
    }

    public void Dispose() => hash.Dispose();

    ulong Finish(ReadOnlySpan<byte> header)
    {
        hash.AppendData(header[..^Bytes]);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }
}
