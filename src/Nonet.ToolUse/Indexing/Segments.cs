namespace Nonet.ToolUse.Indexing;

/// <summary>The postings of a term in a segment.</summary>
/// <param name="Term">The term.</param>
/// <param name="Passages">Number of passages with the term.</param>
/// <param name="First">Number of the first such passage.</param>
/// <param name="FirstCount">Number of occurrences in the first passage.</param>
/// <param name="Last">Number of the last such passage.</param>
/// <param name="Rest">The postings after the first, as bytes of the index.</param>
readonly record struct SegmentTerm(byte[] Term, int Passages, int First, int FirstCount, int Last, ReadOnlyMemory<byte> Rest);

/// <summary>Writes the terms of a segment in byte order.</summary>
sealed class SegmentWriter(string path) : IDisposable
{
    readonly FileStream stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 18);
    readonly MemoryStream rest = new();

    /// <param name="term">The term.</param>
    /// <param name="passages">The passage of each occurrence, ascending.</param>
    public void Write(byte[] term, ReadOnlySpan<int> passages)
    {
        rest.SetLength(0);
        var (found, firstCount, last) = (0, 0, passages[0]);
        for (var i = 0; i < passages.Length;)
        {
            var count = 1;
            while (i + count < passages.Length && passages[i + count] == passages[i])
                count++;
            if (found++ == 0)
                firstCount = count;
            else
                WritePosting(rest, passages[i] - last, count);
            last = passages[i];
            i += count;
        }
        Varint.Write(stream, (uint)term.Length);
        stream.Write(term);
        foreach (var number in new[] { found, passages[0], firstCount, last, (int)rest.Length })
            Varint.Write(stream, (uint)number);
        rest.WriteTo(stream);
    }

    public static void WritePosting(Stream stream, int distance, int count)
    {
        Varint.Write(stream, ((uint)distance << 1) | (count > 1 ? 1u : 0));
        if (count > 1)
            Varint.Write(stream, (uint)count);
    }

    public void Dispose() => stream.Dispose();
}

/// <summary>Reads the terms of a segment in order.</summary>
sealed class SegmentReader(string path) : IDisposable
{
    readonly FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18);

    /// <summary>The next term; null at the end.</summary>
    public SegmentTerm? Next()
    {
        if (stream.Position == stream.Length)
            return null;
        var term = new byte[Varint.Read(stream)];
        stream.ReadExactly(term);
        var (passages, first, firstCount, last) = ((int)Varint.Read(stream), (int)Varint.Read(stream), (int)Varint.Read(stream), (int)Varint.Read(stream));
        var rest = new byte[Varint.Read(stream)];
        stream.ReadExactly(rest);
        return new SegmentTerm(term, passages, first, firstCount, last, rest);
    }

    public void Dispose() => stream.Dispose();
}
