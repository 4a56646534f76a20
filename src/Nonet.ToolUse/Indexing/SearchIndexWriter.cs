using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Nonet.Files;

namespace Nonet.ToolUse.Indexing;

/// <summary>The size of an index.</summary>
/// <param name="Passages">Number of passages.</param>
/// <param name="Terms">Number of distinct terms.</param>
/// <param name="AllTerms">Number of occurrences of terms in all passages.</param>
public readonly record struct IndexSize(int Passages, int Terms, long AllTerms);

/// <summary>
/// Writes a <see cref="SearchIndex"/> of any size in bounded memory: postings are collected in segments, which are sorted by term, written, and merged.
/// </summary>
public static class SearchIndexWriter
{
    const int SegmentTerms = 8_000_000, MostSegments = 500;

    /// <summary>Writes an index, completely or not at all.</summary>
    /// <param name="folder">The folder; it must not exist.</param>
    /// <param name="passages">The passages, enumerated once.</param>
    /// <param name="progress">Receives the number of passages read, from time to time; null: no progress is reported.</param>
    /// <param name="cancellationToken">Ends the work with an <see cref="OperationCanceledException"/>; no folder is left.</param>
    public static IndexSize Write(string folder, IEnumerable<Passage> passages, Action<int>? progress = null, CancellationToken cancellationToken = default) =>
        Write(folder, passages, SegmentTerms, progress, cancellationToken);

    internal static IndexSize Write(string folder, IEnumerable<Passage> passages, int segmentTerms, Action<int>? progress, CancellationToken cancellationToken)
    {
        if (Path.Exists(folder))
            throw new IOException($"{folder} exists already; name another folder, or delete it");
        var size = default(IndexSize);
        AtomicFolder.Write(folder, temporary => size = Fill(temporary, passages, segmentTerms, progress, cancellationToken));
        return size;
    }

    static IndexSize Fill(string folder, IEnumerable<Passage> passages, int segmentTerms, Action<int>? progress, CancellationToken cancellationToken)
    {
        var segments = new List<string>();
        var (count, allTerms) = (0, 0L);
        using (var texts = Create(folder, IndexFiles.Passages))
        using (var offsets = Create(folder, IndexFiles.PassageOffsets))
        using (var lengths = Create(folder, IndexFiles.Lengths))
        {
            var segment = new PostingsSegment(segmentTerms);
            var (bytes, ends) = (new List<byte>(), new List<int>());
            foreach (var passage in passages)
            {
                if (count % 1000 == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Invoke(count);
                }
                if (count == int.MaxValue)
                    throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"an index holds at most {int.MaxValue:N0} passages"));
                (int Start, int End)[] terms = Terms(passage, bytes, ends);
                if (terms.Length > ushort.MaxValue)
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                        $"passage {count} has {terms.Length:N0} words; expected at most {ushort.MaxValue:N0}: split it"), nameof(passages));
                if (segment.IsFull(terms.Length) && !segment.IsEmpty)
                    Spill();
                var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);
                foreach (var (start, end) in terms)
                    segment.Add(all[start..end], count);
                Number(offsets, texts.Position);
                texts.Write(Encoding.UTF8.GetBytes(passage.Title.Replace('\0', ' ')));
                texts.WriteByte(0);
                texts.Write(Encoding.UTF8.GetBytes(passage.Text));
                lengths.WriteByte((byte)terms.Length);
                lengths.WriteByte((byte)(terms.Length >> 8));
                allTerms += terms.Length;
                count++;
            }
            Number(offsets, texts.Position);
            if (!segment.IsEmpty)
                Spill();

            void Spill()
            {
                var path = Path.Combine(folder, $"segment-{segments.Count}");
                segment.Write(path);
                segments.Add(path);
            }
        }
        if (segments.Count == 0)
            throw new InvalidDataException("the texts contain no word; expected at least one passage with a letter or a digit");
        var different = Merge(folder, segments, cancellationToken);
        IndexFiles.WriteHeader(folder, count, different, allTerms);
        return new IndexSize(count, different, allTerms);
    }

    static (int Start, int End)[] Terms(Passage passage, List<byte> bytes, List<int> ends)
    {
        bytes.Clear();
        ends.Clear();
        SearchTerms.Of(passage.Title, Add);
        SearchTerms.Of(passage.Text, Add);
        return [.. ends.Select((end, i) => (i == 0 ? 0 : ends[i - 1], end))];

        void Add(ReadOnlySpan<byte> term)
        {
            bytes.AddRange(term);
            ends.Add(bytes.Count);
        }
    }

    /// <summary>Merges segments into the files of the terms, and deletes them. Returns the number of terms.</summary>
    static int Merge(string folder, List<string> segments, CancellationToken cancellationToken)
    {
        if (segments.Count > MostSegments)
            throw new NotSupportedException($"the texts need {segments.Count} segments; expected at most {MostSegments}: index parts of them");
        SegmentReader[] readers = [.. segments.Select(path => new SegmentReader(path))];
        var terms = 0;
        try
        {
            using var names = Create(folder, IndexFiles.Terms);
            using var offsets = Create(folder, IndexFiles.TermOffsets);
            using var postings = Create(folder, IndexFiles.Postings);
            var next = new PriorityQueue<(SegmentTerm Term, int Segment), (byte[] Term, int Segment)>(Comparer<(byte[] Term, int Segment)>.Create((a, b) =>
                a.Term.AsSpan().SequenceCompareTo(b.Term) is var order && order != 0 ? order : a.Segment.CompareTo(b.Segment)));
            for (var i = 0; i < readers.Length; i++)
                Advance(i);
            while (next.TryPeek(out var least, out _))
            {
                if (terms++ % 10_000 == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                var term = least.Term.Term;
                Number(offsets, names.Position);
                Number(offsets, postings.Position);
                names.Write(term);
                var (last, passages) = (-1, 0u);
                while (next.TryPeek(out var at, out _) && at.Term.Term.AsSpan().SequenceEqual(term))
                {
                    next.Dequeue();
                    SegmentWriter.WritePosting(postings, at.Term.First - last, at.Term.FirstCount);
                    postings.Write(at.Term.Rest.Span);
                    passages += (uint)at.Term.Passages;
                    last = at.Term.Last;
                    Advance(at.Segment);
                }
                Count(passages);
            }
            Number(offsets, names.Position);
            Number(offsets, postings.Position);
            Count(0);

            void Advance(int segment)
            {
                if (readers[segment].Next() is { } term)
                    next.Enqueue((term, segment), (term.Term, segment));
            }

            void Count(uint passages)
            {
                Span<byte> bytes = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, passages);
                offsets.Write(bytes);
            }
        }
        finally
        {
            foreach (var reader in readers)
                reader.Dispose();
        }
        foreach (var path in segments)
            File.Delete(path);
        return terms;
    }

    static FileStream Create(string folder, string name) => new(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 18);

    static void Number(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
