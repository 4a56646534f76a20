namespace Nonet.ToolUse.Indexing;

/// <summary>A part of the postings that fits in memory. Terms are added passage by passage, then written in byte order.</summary>
sealed class PostingsSegment
{
    /// <summary>Maximum number of distinct terms in a segment. It bounds the memory of the dictionary.</summary>
    const int MostTerms = 2_000_000;

    readonly Dictionary<byte[], int> numbers = new(new TermComparer());
    readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> lookup;
    readonly List<byte[]> terms = [];
    readonly int[] records; // pairs (term, passage), ordered by passage; one pair for each occurrence
    int count;

    /// <param name="capacity">Number of occurrences of terms that the segment can hold.</param>
    public PostingsSegment(int capacity)
    {
        records = new int[2 * capacity];
        lookup = numbers.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public bool IsEmpty => count == 0;

    /// <summary>Whether a passage with a number of terms no longer fits.</summary>
    public bool IsFull(int more) => count + more > records.Length / 2 || terms.Count > MostTerms;

    public void Add(ReadOnlySpan<byte> term, int passage)
    {
        if (!lookup.TryGetValue(term, out var number))
        {
            var bytes = term.ToArray();
            number = terms.Count;
            terms.Add(bytes);
            numbers.Add(bytes, number);
        }
        (records[2 * count], records[2 * count + 1]) = (number, passage);
        count++;
    }

    /// <summary>Writes the segment and clears it.</summary>
    public void Write(string path)
    {
        var starts = new int[terms.Count + 1];
        for (var i = 0; i < count; i++)
            starts[records[2 * i] + 1]++;
        for (var t = 0; t < terms.Count; t++)
            starts[t + 1] += starts[t];
        var passages = new int[count];
        var next = starts.ToArray();
        for (var i = 0; i < count; i++)
            passages[next[records[2 * i]]++] = records[2 * i + 1];
        int[] order = [.. Enumerable.Range(0, terms.Count)];
        Array.Sort(order, (a, b) => terms[a].AsSpan().SequenceCompareTo(terms[b]));
        using (var writer = new SegmentWriter(path))
        {
            foreach (var t in order)
                writer.Write(terms[t], passages.AsSpan(starts[t]..starts[t + 1]));
        }
        numbers.Clear();
        terms.Clear();
        count = 0;
    }

    sealed class TermComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode(byte[] term) => GetHashCode((ReadOnlySpan<byte>)term);
        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);
        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> term)
        {
            var hash = new HashCode();
            hash.AddBytes(term);
            return hash.ToHashCode();
        }
    }
}
