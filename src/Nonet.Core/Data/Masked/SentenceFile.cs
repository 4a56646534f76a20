using System.Buffers.Binary;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>
/// Token ids of sentences in a file, mapped for reading. A header of 80 bytes, little-endian: "NONETSEN", version (u32), bytes per id (u32:
/// 2 or 4), vocabulary (u64), number of ids (u64), of sentences (u64) and of documents (u64), bytes of their text (u64), fingerprint of the
/// tokenizer (u64), number of split sentences (u64), digest (u64; absent in version 1). Then the ids without special tokens, padded with
/// zeros to a multiple of 8 bytes; the index of the first id of each sentence and the number of ids (u64 each); the index of the first
/// sentence of each document and the number of sentences (u64 each). No sentence and no document is empty.
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

    /// <summary>Path of the file.</summary>
    public string FilePath => file.FilePath;

    /// <summary>Number of ids of the tokenizer.</summary>
    public int Vocab { get; }

    /// <summary>Number of ids in the file.</summary>
    public long Count { get; }

    /// <summary>Number of sentences.</summary>
    public long Sentences { get; }

    /// <summary>Number of documents.</summary>
    public long Documents { get; }

    /// <summary>Bytes of the documents' text in UTF-8.</summary>
    public long TextBytes { get; }

    /// <summary><see cref="Tokenizer.Fingerprint"/> of the tokenizer that produced the ids.</summary>
    public ulong Fingerprint { get; }

    /// <summary>Number of sentences that were too long and were split.</summary>
    public long CutSentences { get; }

    /// <summary>Maps a file and checks it. If a tokenizer is given, also checks that it produced the ids.</summary>
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

    /// <summary>Index of the first id of a sentence. For the index <see cref="Sentences"/>, the number of ids.</summary>
    public long StartOfSentence(long sentence) => At(sentencesAt, sentence, Sentences);

    /// <summary>Index of the first sentence of a document. For the index <see cref="Documents"/>, the number of sentences.</summary>
    public long StartOfDocument(long document) => At(documentsAt, document, Documents);

    /// <summary>Document that contains the id with index <paramref name="token"/>.</summary>
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

    /// <summary>
    /// Copies the ids from index <paramref name="start"/> on. Throws for a range outside the file or an id outside the vocabulary.
    /// </summary>
    public void Read(long start, Span<int> into)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Count - into.Length);
        var first = file.Pointer + HeaderBytes + start * idBytes;
        for (var i = 0; i < into.Length; i++)
        {
            var id = idBytes == 2 ? ((ushort*)first)[i] : ((uint*)first)[i];
            if (id >= (uint)Vocab)
                throw new MalformedFileException(FilePath, $"token id {id} at index {start + i}", $"ids below {Vocab}");
            into[i] = (int)id;
        }
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
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
                throw new MalformedFileException(FilePath, $"{of} {i} from {starts[i]} to {starts[i + 1]}", "increasing starts from 0");
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
