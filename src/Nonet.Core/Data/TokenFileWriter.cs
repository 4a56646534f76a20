using System.Buffers.Binary;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>Writes a <see cref="TokenFile"/> document by document to a stream that can seek.</summary>
sealed class TokenFileWriter : IDisposable
{
    readonly IdStream stream;
    readonly Tokenizer tokenizer;

    public TokenFileWriter(Stream stream, Tokenizer tokenizer)
    {
        this.tokenizer = tokenizer;
        this.stream = new IdStream(stream, TokenFile.HeaderBytes, tokenizer.Vocab);
    }

    public long Ids { get; private set; }
    public long Documents { get; private set; }
    public long TextBytes { get; private set; }

    /// <param name="ids">A document without its end token.</param>
    /// <param name="bytes">Bytes of its text in UTF-8.</param>
    public void Add(ReadOnlySpan<int> ids, long bytes)
    {
        stream.Write(ids);
        stream.Write([tokenizer.EndOfText]);
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
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)stream.IdBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], tokenizer.Vocab);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], Ids);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], Documents);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], TextBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], tokenizer.Fingerprint);
        stream.Finish(header);
    }

    public void Dispose() => stream.Dispose();
}
