using System.Runtime.InteropServices;

namespace Nonet.Data;

/// <summary>Writes a file of token ids: a header (written last), ids of two or four bytes, tables, and a digest of everything.</summary>
sealed class IdStream : IDisposable
{
    readonly Stream stream;
    readonly FileDigest digest = new();

    /// <param name="stream">An empty stream that can seek.</param>
    /// <param name="headerBytes">Size of the header.</param>
    /// <param name="vocab">Number of ids; up to 65,536 they take two bytes.</param>
    public IdStream(Stream stream, int headerBytes, int vocab)
    {
        (this.stream, IdBytes) = (stream, vocab <= 1 << 16 ? 2 : 4);
        stream.Write(stackalloc byte[headerBytes]);
    }

    /// <summary>Bytes per id.</summary>
    public int IdBytes { get; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        digest.Add(bytes);
        stream.Write(bytes);
    }

    public void Write(ReadOnlySpan<int> ids)
    {
        if (IdBytes == 4)
        {
            Write(MemoryMarshal.AsBytes(ids));
            return;
        }
        Span<ushort> narrow = stackalloc ushort[1024];
        for (; ids.Length > 0; ids = ids[Math.Min(narrow.Length, ids.Length)..])
        {
            var count = Math.Min(narrow.Length, ids.Length);
            for (var i = 0; i < count; i++)
                narrow[i] = (ushort)ids[i];
            Write(MemoryMarshal.AsBytes(narrow[..count]));
        }
    }

    /// <summary>Puts the digest into the header and writes the header before the ids.</summary>
    public void Finish(Span<byte> header)
    {
        digest.Seal(header);
        stream.Position = 0;
        stream.Write(header);
    }

    public void Dispose() => digest.Dispose();
}
