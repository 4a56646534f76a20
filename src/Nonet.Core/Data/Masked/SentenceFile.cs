using System.Buffers.Binary;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>
/// Token ids of sentences in a file, mapped for reading. A header of 80 bytes, little-endian: "NONETSEN", version (u32), bytes an id (u32: 2 or 4), vocabulary (u64), ids (u64), sentences (u64),
/// documents (u64), bytes of their text (u64), fingerprint of the tokenizer (u64), sentences that were cut (u64), digest (u64; version 1 has none); the ids without any marks, zeros up to a multiple of 8 bytes; the first
/// id of each sentence and the number of ids (u64 each); the first sentence of each document and the number of sentences (u64 each). No sentence and no document is empty.
/// </summary>
public sealed unsafe class SentenceFile : IDisposable
{
    internal const int HeaderBytes = 80;
    internal const uint Version = 2, WithoutDigest = 1;

    readonly MappedFile file;
    readonly int idBytes;
    readonly long sentencesAt, documentsAt;

    internal static ReadOnlySpan<byte> Magic => "NONETSEN"u8;

    SentenceFile(string path)
    {
        file = new MappedFile(path, HeaderBytes, "a file of sentences");
        try
        {
            var header = file.Slice(0, HeaderBytes);
            if (!header[..8].SequenceEqual(Magic))
                throw new MalformedFileException(path, "other first bytes", "NONETSEN: a file of sentences");
            var version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            if (version is not (Version or WithoutDigest))
                throw new MalformedFileException(path, $"version {version}", $"{WithoutDigest} or {Version}");
            idBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
            if (idBytes is not (2 or 4))
                throw new MalformedFileException(path, $"ids of {idBytes} bytes", "2 or 4");
            Vocab = (int)Field(header, 16, int.MaxValue);
            Count = Field(header, 24, file.Length / idBytes);
            Sentences = Field(header, 32, Count);
            Documents = Field(header, 40, Sentences);
            TextBytes = Field(header, 48, long.MaxValue);
            Fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(header[56..]);
            CutSentences = Field(header, 64, Sentences);
            sentencesAt = HeaderBytes + (Count * idBytes + 7) / 8 * 8;
            documentsAt = sentencesAt + 8 * (Sentences + 1);
            if (documentsAt + 8 * (Documents + 1) is var length && length != file.Length)
                throw new MalformedFileException(path, $"{file.Length} bytes", $"{length} for {Count} ids, {Sentences} sentences and {Documents} documents");
            if (version == Version)
                FileDigest.Check(file, HeaderBytes);
            CheckStarts("sentence", sentencesAt, Sentences, Count);
            CheckStarts("document", documentsAt, Documents, Sentences);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public string FilePath => file.FilePath;

    /// <summary>Number of ids of the tokenizer.</summary>
    public int Vocab { get; }

    /// <summary>Number of ids in the file.</summary>
    public long Count { get; }
    public long Sentences { get; }
    public long Documents { get; }

    /// <summary>Bytes in UTF-8 of the documents' text.</summary>
    public long TextBytes { get; }

    /// <summary><see cref="Tokenizer.Fingerprint"/> of the tokenizer that made the ids.</summary>
    public ulong Fingerprint { get; }

    /// <summary>Sentences that were too long and were cut into several.</summary>
    public long CutSentences { get; }

    /// <summary>Maps a file and checks it; with a tokenizer, also that it made the ids.</summary>
    public static SentenceFile Open(string path, Tokenizer? tokenizer = null)
    {
        var sentences = new SentenceFile(path);
        if (tokenizer is not null && (sentences.Fingerprint != tokenizer.Fingerprint || sentences.Vocab != tokenizer.Vocab))
        {
            var (vocab, fingerprint) = (sentences.Vocab, sentences.Fingerprint);
            sentences.Dispose();
            throw new MalformedFileException(path, $"ids of a tokenizer with {vocab} ids and fingerprint {fingerprint:x16}",
                $"the model's tokenizer, {tokenizer.Vocab} ids and {tokenizer.Fingerprint:x16}; tokenize the text again");
        }
        return sentences;
    }

    /// <summary>The first id of a sentence; of sentence number <see cref="Sentences"/>, the number of ids.</summary>
    public long StartOfSentence(long sentence) => At(sentencesAt, sentence, Sentences);

    /// <summary>The first sentence of a document; of document number <see cref="Documents"/>, the number of sentences.</summary>
    public long StartOfDocument(long document) => At(documentsAt, document, Documents);

    /// <summary>The document that id number <paramref name="token"/> is of.</summary>
    public long DocumentOf(long token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Count);
        var (low, high) = (0L, Documents);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (StartOfSentence(StartOfDocument(middle)) <= token)
                low = middle;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Copies the ids from <paramref name="start"/> on. Throws for a range outside the file, or an id outside the vocabulary.</summary>
    public void Read(long start, Span<int> into)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Count - into.Length);
        var first = file.Pointer + HeaderBytes + start * idBytes;
        for (var i = 0; i < into.Length; i++)
        {
            var id = idBytes == 2 ? ((ushort*)first)[i] : ((uint*)first)[i];
            if (id >= (uint)Vocab)
                throw new MalformedFileException(FilePath, $"token id {id} as number {start + i}", $"ids below {Vocab}");
            into[i] = (int)id;
        }
        GC.KeepAlive(this);
    }

    public void Dispose() => file.Dispose();

    long At(long table, long index, long most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, most);
        var value = ((long*)(file.Pointer + table))[index];
        GC.KeepAlive(this);
        return value;
    }

    void CheckStarts(string of, long table, long count, long end)
    {
        var starts = (long*)(file.Pointer + table);
        for (var i = 0L; i < count; i++)
        {
            if (starts[i] >= starts[i + 1] || (i == 0 && starts[0] != 0))
                throw new MalformedFileException(FilePath, $"{of} {i} from {starts[i]} to {starts[i + 1]}", "starts that rise from 0");
        }
        if (starts[count] != end)
            throw new MalformedFileException(FilePath, $"{of}s that end at {starts[count]}", $"{end}");
    }

    long Field(ReadOnlySpan<byte> header, int offset, long most)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(header[offset..]);
        return value >= 0 && value <= most ? value : throw new MalformedFileException(FilePath, $"{value} at byte {offset} of the header", $"0 to {most}");
    }
}
