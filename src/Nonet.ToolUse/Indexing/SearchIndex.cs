using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nonet.Files;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// Finds passages by their words: BM25 (Robertson and Zaragoza 2009, eq. 3.15) with k1 = 1.2 and b = 0.75. The files are memory-mapped. Searches are
/// thread-safe.
/// </summary>
public sealed class SearchIndex : IDisposable
{
    const double K1 = 1.2, B = 0.75;

    /// <summary>Number of passages that are scored together. Their scores fit in the cache of a core.</summary>
    const int Block = 1 << 15;

    readonly MappedFile[] files;
    readonly float[] norms = new float[ushort.MaxValue + 1]; // k1 (1 - b + b · length / mean length), by length

    SearchIndex(string folder, IndexSize size, MappedFile[] files)
    {
        (Folder, Size, this.files) = (folder, size, files);
        var mean = (double)size.AllTerms / size.Passages;
        for (var length = 0; length < norms.Length; length++)
            norms[length] = (float)(K1 * (1 - B + B * length / mean));
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Changes when the index is written again.</summary>
    internal string Identity { get; private init; } = "";

    /// <summary>Numbers of its passages and terms.</summary>
    public IndexSize Size { get; }

    /// <summary>Opens an index that <see cref="SearchIndexWriter"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">There is no index in the folder.</exception>
    /// <exception cref="MalformedFileException">A file does not match the header of the index. The message names it.</exception>
    public static SearchIndex Open(string folder)
    {
        var header = Path.Combine(folder, IndexFiles.Header);
        if (!File.Exists(header))
            throw new FileNotFoundException($"{header}: found no such file; expected an index that nonet tools index wrote", header);
        var (size, bytes) = ReadHeader(header);
        var files = new List<MappedFile>();
        try
        {
            foreach (var name in IndexFiles.Data)
            {
                var path = Path.Combine(folder, name);
                if (!File.Exists(path))
                    throw new FileNotFoundException($"{path}: found no such file; expected it beside {IndexFiles.Header}: write the index again", path);
                files.Add(new MappedFile(path, 1, "a part of a search index"));
                var expected = name switch
                {
                    IndexFiles.PassageOffsets => 8L * (size.Passages + 1L),
                    IndexFiles.Lengths => 2L * size.Passages,
                    IndexFiles.TermOffsets => IndexFiles.TermRecord * (size.Terms + 1L),
                    _ => bytes[name],
                };
                if (files[^1].Length != expected || bytes[name] != expected)
                    throw new MalformedFileException(path, $"{files[^1].Length} bytes",
                        $"{expected} bytes, as {IndexFiles.Header} says; write the index again");
            }
            return new SearchIndex(folder, size, [.. files])
            {
                Identity = $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(header)))[..16]} {File.GetLastWriteTimeUtc(header):O}",
            };
        }
        catch
        {
            foreach (var file in files)
                file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns the passages with the highest scores, best first; passages with equal scores are in the order of the index. A passage without a word of the
    /// query is never returned.
    /// </summary>
    /// <param name="query">Words in any order.</param>
    /// <param name="count">Maximum number of passages.</param>
    public IReadOnlyList<FoundPassage> Search(string query, int count = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var best = new List<(float Score, int Passage)>(Math.Min(count, 1000)); // best first
        var cursors = Cursors(query);
        var scores = ArrayPool<float>.Shared.Rent(Block);
        try
        {
            while (cursors.Count > 0)
            {
                var start = Nearest(cursors) / Block * Block;
                var block = scores.AsSpan(0, Math.Min(Block, Size.Passages - start));
                block.Clear();
                for (var i = 0; i < cursors.Count; i++)
                {
                    var cursor = cursors[i];
                    Add(ref cursor, start, block);
                    cursors[i] = cursor;
                }
                cursors.RemoveAll(c => c.IsDone);
                Collect(block, start, best, count);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scores);
        }
        return [.. best.Select(b => new FoundPassage(b.Passage, b.Score, Read(b.Passage)))];
    }

    /// <summary>A passage by its number.</summary>
    public Passage Read(int number)
    {
        if ((uint)number >= (uint)Size.Passages)
            throw new ArgumentOutOfRangeException(nameof(number), number, $"the index has {Size.Passages} passages");
        var file = Part(IndexFiles.Passages);
        var (start, end) = (Offset(IndexFiles.PassageOffsets, 8L * number), Offset(IndexFiles.PassageOffsets, 8L * number + 8));
        if (start < 0 || end < start || end > file.Length || end - start > int.MaxValue)
            throw Damaged(IndexFiles.PassageOffsets, $"passage {number} from {start} to {end}");
        var bytes = file.Slice(start, (int)(end - start));
        var title = bytes.IndexOf((byte)0);
        if (title < 0)
            throw Damaged(IndexFiles.Passages, $"no end of the title of passage {number}");
        return new Passage(Encoding.UTF8.GetString(bytes[..title]), Encoding.UTF8.GetString(bytes[(title + 1)..]));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    /// <summary>The position of a search in the postings of a term.</summary>
    struct Cursor
    {
        public long Start;
        public int Length, At, Passage, Count;
        public float Weight;
        public readonly bool IsDone => Passage < 0;
    }

    List<Cursor> Cursors(string query)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        SearchTerms.Of(query, term => CollectionsMarshal.GetValueRefOrAddDefault(words, Encoding.UTF8.GetString(term), out _)++);
        var cursors = new List<Cursor>();
        foreach (var (word, times) in words)
        {
            if (Find(Encoding.UTF8.GetBytes(word)) is not { } number)
                continue;
            var record = IndexFiles.TermRecord * (long)number;
            var (start, end) = (Offset(IndexFiles.TermOffsets, record + 8), Offset(IndexFiles.TermOffsets, record + IndexFiles.TermRecord + 8));
            double passages = BinaryPrimitives.ReadUInt32LittleEndian(Part(IndexFiles.TermOffsets).Slice(record + 16, 4));
            if (start < 0 || end <= start || end > Part(IndexFiles.Postings).Length || end - start > int.MaxValue || passages < 1 || passages > Size.Passages)
                throw Damaged(IndexFiles.TermOffsets, $"postings of '{word}' from {start} to {end}, {passages} passages");
            var rarity = Math.Log(1 + (Size.Passages - passages + 0.5) / (passages + 0.5));
            var cursor = new Cursor { Start = start, Length = (int)(end - start), Passage = -1, Weight = (float)(times * rarity * (K1 + 1)) };
            Next(ref cursor, Part(IndexFiles.Postings).Slice(start, cursor.Length));
            cursors.Add(cursor);
        }
        return cursors;
    }

    /// <summary>The number of a term, by binary search; null if no passage has it.</summary>
    int? Find(ReadOnlySpan<byte> term)
    {
        var names = Part(IndexFiles.Terms);
        var (low, high) = (0, Size.Terms - 1);
        while (low <= high)
        {
            var middle = low + (high - low) / 2;
            var record = IndexFiles.TermRecord * (long)middle;
            var (start, end) = (Offset(IndexFiles.TermOffsets, record), Offset(IndexFiles.TermOffsets, record + IndexFiles.TermRecord));
            if (start < 0 || end < start || end > names.Length || end - start > SearchTerms.LongestTerm + 4)
                throw Damaged(IndexFiles.TermOffsets, $"term {middle} from {start} to {end}");
            var order = names.Slice(start, (int)(end - start)).SequenceCompareTo(term);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }

    static int Nearest(List<Cursor> cursors)
    {
        var nearest = int.MaxValue;
        foreach (var cursor in cursors)
            nearest = Math.Min(nearest, cursor.Passage);
        return nearest;
    }

    /// <summary>Adds a term's part to the scores of a block, and moves the cursor to the next block.</summary>
    void Add(ref Cursor cursor, int start, Span<float> scores)
    {
        var postings = Part(IndexFiles.Postings).Slice(cursor.Start, cursor.Length);
        var lengths = MemoryMarshal.Cast<byte, ushort>(Part(IndexFiles.Lengths).Slice(2L * start, 2 * scores.Length));
        while (!cursor.IsDone && cursor.Passage - start < scores.Length)
        {
            var at = cursor.Passage - start;
            scores[at] += cursor.Weight * cursor.Count / (cursor.Count + norms[lengths[at]]);
            Next(ref cursor, postings);
        }
    }

    void Next(ref Cursor cursor, ReadOnlySpan<byte> postings)
    {
        if (cursor.At == postings.Length)
        {
            cursor.Passage = -1;
            return;
        }
        var count = 1u;
        if (!Varint.TryRead(postings, ref cursor.At, out var posting) || ((posting & 1) != 0 && !Varint.TryRead(postings, ref cursor.At, out count)))
            throw Damaged(IndexFiles.Postings, $"a truncated posting at {cursor.Start + cursor.At}");
        var passage = cursor.Passage + (long)(posting >> 1);
        if (posting >> 1 == 0 || passage >= Size.Passages || count is 0 or > ushort.MaxValue)
            throw Damaged(IndexFiles.Postings, $"passage {passage}, {count} times, at {cursor.Start + cursor.At}");
        (cursor.Passage, cursor.Count) = ((int)passage, (int)count);
    }

    static void Collect(ReadOnlySpan<float> scores, int start, List<(float Score, int Passage)> best, int count)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            var score = scores[i];
            if (score <= (best.Count < count ? 0 : best[^1].Score))
                continue;
            if (best.Count == count)
                best.RemoveAt(count - 1);
            var at = best.Count;
            while (at > 0 && best[at - 1].Score < score)
                at--;
            best.Insert(at, (score, start + i));
        }
    }

    MappedFile Part(string name) => files[Array.IndexOf(IndexFiles.Data, name)];

    long Offset(string name, long at) => BinaryPrimitives.ReadInt64LittleEndian(Part(name).Slice(at, 8));

    MalformedFileException Damaged(string name, string found) =>
        new(Path.Combine(Folder, name), found, $"numbers within the files of the index; it is damaged: write it again");

    static (IndexSize Size, Dictionary<string, long> Bytes) ReadHeader(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            var (format, version) = (root.GetProperty("format").GetString(), root.GetProperty("version").GetInt32());
            if (format != IndexFiles.Format || version != IndexFiles.Version)
                throw new MalformedFileException(path, $"format '{format}', version {version}",
                    $"format '{IndexFiles.Format}', version {IndexFiles.Version}; write the index again");
            var size = new IndexSize(root.GetProperty("passages").GetInt32(), root.GetProperty("terms").GetInt32(), root.GetProperty("all_terms").GetInt64());
            if (size.Passages < 1 || size.Terms < 1 || size.AllTerms < size.Terms)
                throw new MalformedFileException(path, $"{size}", "at least one passage and one term");
            return (size, IndexFiles.Data.ToDictionary(name => name, name => root.GetProperty("bytes").GetProperty(name).GetInt64()));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException and not MalformedFileException)
        {
            throw new MalformedFileException(path, e.Message, "the header of a search index; write the index again", e);
        }
    }
}
