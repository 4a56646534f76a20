using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>Writes a <see cref="SentenceFile"/> document by document to a stream that can seek.</summary>
sealed class SentenceFileWriter : IDisposable
{
    readonly IdStream stream;
    readonly Tokenizer tokenizer;
    readonly int longest;
    readonly List<long> sentences = [0], documents = [0];
    long ids, textBytes, cut;

    /// <param name="stream">An empty stream.</param>
    /// <param name="tokenizer">Tokenizer of the ids.</param>
    /// <param name="longest">Largest number of ids in a sentence; longer sentences are split.</param>
    public SentenceFileWriter(Stream stream, Tokenizer tokenizer, int longest)
    {
        (this.tokenizer, this.longest) = (tokenizer, longest);
        this.stream = new IdStream(stream, SentenceFile.HeaderBytes, tokenizer.Vocab);
    }

    public long Documents => documents.Count - 1;

    /// <param name="document">Ids of its sentences. Empty sentences, and documents without other sentences, are skipped.</param>
    /// <param name="bytes">Bytes of its text in UTF-8.</param>
    public void Add(IReadOnlyList<int[]> document, long bytes)
    {
        foreach (var sentence in document)
        {
            for (var rest = sentence.AsSpan(); !rest.IsEmpty; rest = rest[Math.Min(longest, rest.Length)..])
            {
                var length = Math.Min(longest, rest.Length);
                stream.Write(rest[..length]);
                ids += length;
                sentences.Add(ids);
            }
            cut += sentence.Length > longest ? 1 : 0;
        }
        if (sentences.Count - 1 == documents[^1])
            return;
        documents.Add(sentences.Count - 1);
        textBytes += bytes;
    }

    /// <summary>Writes the tables after the ids, and the header before them.</summary>
    public void Finish()
    {
        Span<byte> padding = stackalloc byte[(int)(-(ids * stream.IdBytes) & 7)];
        padding.Clear();
        stream.Write(padding);
        stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(sentences)));
        stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(documents)));
        Span<byte> header = stackalloc byte[SentenceFile.HeaderBytes];
        header.Clear();
        SentenceFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], SentenceFile.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)stream.IdBytes);
        long[] fields = [tokenizer.Vocab, ids, sentences.Count - 1, Documents, textBytes, (long)tokenizer.Fingerprint, cut];
        MemoryMarshal.AsBytes(fields.AsSpan()).CopyTo(header[16..]);
        stream.Finish(header);
    }

    public void Dispose() => stream.Dispose();
}
