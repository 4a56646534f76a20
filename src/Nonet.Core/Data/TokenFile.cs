using System.Buffers.Binary;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>
/// Token ids in a file, mapped for reading. A header of 64 bytes, little-endian: "NONETTOK", version (u32), bytes per id (u32: 2 or 4),
/// vocabulary (u64), number of ids (u64) and of documents (u64), bytes of their text (u64), fingerprint of the tokenizer (u64), digest
/// (u64; absent in version 1). Then the ids; an end token follows each document.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    internal const int HeaderBytes = 64;
    internal const uint Version = 2, WithoutDigest = 1;

    readonly MappedFile file;
    readonly int idBytes;

    internal static ReadOnlySpan<byte> Magic => "NONETTOK"u8;

    TokenFile(string path)
    {
        file = new MappedFile(path, HeaderBytes, "a token file");
        try
        {
            var header = file.Slice(0, HeaderBytes);
            if (!header[..8].SequenceEqual(Magic))
                throw new MalformedFileException(path, "other first bytes", "NONETTOK: a token file");
            var version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            if (version is not (Version or WithoutDigest))
                throw new MalformedFileException(path, $"version {version}", $"{WithoutDigest} or {Version}");
            idBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
            if (idBytes is not (2 or 4))
                throw new MalformedFileException(path, $"ids of {idBytes} bytes", "2 or 4");
            Vocab = (int)Field(header, 16, 1, int.MaxValue);
            Count = Field(header, 24, 0, (file.Length - HeaderBytes) / idBytes);
            Documents = Field(header, 32, 0, Count);
            TextBytes = Field(header, 40, 0, long.MaxValue);
            Fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(header[48..]);
            if (HeaderBytes + Count * idBytes != file.Length)
                throw new MalformedFileException(path, $"{file.Length} bytes", $"{HeaderBytes + Count * idBytes} for {Count} ids of {idBytes} bytes");
            if (version == Version)
                FileDigest.Check(file, HeaderBytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Path of the file.</summary>
    public string FilePath => file.FilePath;

    /// <summary>Number of ids of the tokenizer.</summary>
    public int Vocab { get; }

    /// <summary>Number of ids in the file, including end tokens.</summary>
    public long Count { get; }

    /// <summary>Number of documents.</summary>
    public long Documents { get; }

    /// <summary>Bytes of the text in UTF-8, from which bits per byte are computed.</summary>
    public long TextBytes { get; }

    /// <summary><see cref="Tokenizer.Fingerprint"/> of the tokenizer that produced the ids.</summary>
    public ulong Fingerprint { get; }

    /// <summary>Maps a file and checks all its bytes. If a tokenizer is given, also checks that it produced the ids.</summary>
    public static TokenFile Open(string path, Tokenizer? tokenizer = null)
    {
        var tokens = new TokenFile(path);
        if (tokenizer is not null && (tokens.Fingerprint != tokenizer.Fingerprint || tokens.Vocab != tokenizer.Vocab))
        {
            var (vocab, fingerprint) = (tokens.Vocab, tokens.Fingerprint);
            tokens.Dispose();
            throw new MalformedFileException(path, $"ids of a tokenizer with {vocab} ids and fingerprint {fingerprint:x16}",
                $"the model's tokenizer, {tokenizer.Vocab} ids and {tokenizer.Fingerprint:x16}; tokenize the text again");
        }
        return tokens;
    }

    /// <summary>
    /// Encodes documents as plain text, each followed by the tokenizer's end token. The file is written completely or not at all.
    /// </summary>
    public static void Write(string path, Tokenizer tokenizer, IEnumerable<Document> documents) => AtomicFile.Write(path, stream =>
    {
        using var writer = new TokenFileWriter(stream, tokenizer);
        foreach (var document in documents)
            writer.Add(tokenizer.EncodePlain(document.Text), document.Bytes);
        writer.Finish();
    });

    /// <summary>
    /// Copies the ids from index <paramref name="start"/> on. Throws for a range outside the file or an id outside the vocabulary.
    /// </summary>
    public void Read(long start, Span<int> into)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Count - into.Length);
        var first = file.Pointer + HeaderBytes + start * idBytes;
        var largest = 0u;
        for (var i = 0; i < into.Length; i++)
        {
            var id = idBytes == 2 ? ((ushort*)first)[i] : ((uint*)first)[i];
            largest = Math.Max(largest, id);
            into[i] = (int)id;
        }
        if (largest >= (uint)Vocab)
            throw new MalformedFileException(FilePath, $"token id {largest} among ids {start} to {start + into.Length - 1}", $"ids below {Vocab}");
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    long Field(ReadOnlySpan<byte> header, int offset, long least, long most)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(header[offset..]);
        return value >= least && value <= most ? value
            : throw new MalformedFileException(FilePath, $"{value} at byte {offset} of the header", $"{least} to {most}");
    }
}
