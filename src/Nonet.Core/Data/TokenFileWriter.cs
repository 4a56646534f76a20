using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>Writes a <see cref="TokenFile"/> document by document to a stream that can seek.</summary>
sealed class TokenFileWriter : IDisposable
{
    readonly Stream stream;
    readonly Tokenizer tokenizer;
    readonly int idBytes;
    readonly FileDigest digest = new();

    public TokenFileWriter(Stream stream, Tokenizer tokenizer)
    {
        (this.stream, this.tokenizer, idBytes) = (stream, tokenizer, tokenizer.Vocab <= 1 << 16 ? 2 : 4);
        stream.Write(stackalloc byte[TokenFile.HeaderBytes]);
    }

    public long Ids { get; private set; }
    public long Documents { get; private set; }
    public long TextBytes { get; private set; }

    /// <param name="ids">A document without its end token.</param>
    /// <param name="bytes">Bytes of its text in UTF-8.</param>
    public void Add(ReadOnlySpan<int> ids, long bytes)
    {
        Write(ids);
        Write([tokenizer.EndOfText]);
        Ids += ids.Length + 1;
        TextBytes += bytes;
        Documents++;
    }

    /// <summary>Writes the header before the ids.</summary>
    public void Finish()
    {
        Span<byte> header = stackalloc byte[TokenFile.HeaderBytes];
        header.Clear();
        TokenFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], TokenFile.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)idBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], tokenizer.Vocab);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], Ids);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], Documents);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], TextBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], tokenizer.Fingerprint);
        digest.Seal(header);
        stream.Position = 0;
        stream.Write(header);
    }

    public void Dispose() => digest.Dispose();

    void Write(ReadOnlySpan<byte> bytes)
    {
        digest.Add(bytes);
        stream.Write(bytes);
    }

    void Write(ReadOnlySpan<int> ids)
    {
        if (idBytes == 4)
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
}
