using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>
/// Folders with prepared data inside a cache folder. Each is named after everything that determines its content. A folder is written
/// completely or not at all.
/// </summary>
static class DataCache
{
    /// <summary>Characters that a thread encodes at a time.</summary>
    const int PieceCharacters = 1 << 19;
    const string LockName = "lock";

    /// <summary>Key of prepared data: length and SHA-256 of every file, and all settings that determine the result.</summary>
    /// <param name="options">The data.</param>
    /// <param name="tokenizer">Tokenizer of the ids.</param>
    /// <param name="form">Other settings that determine the bytes; empty for plain tokens.</param>
    /// <param name="stopping">Cancels the work.</param>
    public static string Key(DataOptions options, Tokenizer tokenizer, string form, CancellationToken stopping)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(FormattableString text) => hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant(text) + "\n"));
        Add($"2 {tokenizer.Fingerprint:x16} {options.Validation:R} {options.Seed}");
        if (form.Length > 0)
            Add($"form {form}");
        foreach (var source in options.Sources)
        {
            Add($"source {source.Format} {source.Field} {source.Documents} {source.Separator} {source.Split} {source.SkipBroken}");
            if (source.Encoding != TextEncoding.Auto)
                Add($"encoding {source.Encoding}");
            foreach (var file in SourceFile.Of(source))
            {
                stopping.ThrowIfCancellationRequested();
                using var stream = File.OpenRead(file.Path);
                Add($"file {file.Format} {file.Gzip} {stream.Length} {Convert.ToHexString(SHA256.HashData(stream))}");
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 10));
    }

    /// <summary>Writes the folder if it does not exist, or waits for another process that is writing it.</summary>
    /// <param name="folder">Full path of the folder.</param>
    /// <param name="fill">Writes the files into the folder with the given path.</param>
    /// <param name="stopping">Cancels the work and removes unfinished files.</param>
    public static void Make(string folder, Action<string> fill, CancellationToken stopping)
    {
        if (Directory.Exists(folder))
            return;
        var cache = Directory.CreateDirectory(Path.GetDirectoryName(folder)!).FullName;
        using var alone = Lock(Path.Combine(cache, LockName), stopping);
        if (!Directory.Exists(folder))
            AtomicFolder.Write(folder, fill);
    }

    /// <summary>Waits until no other process writes to the cache.</summary>
    static FileStream Lock(string path, CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (FileLock.TryOpen(path) is { } alone)
                return alone;
            Thread.Sleep(100);
        }
    }

    public static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);

    /// <summary>Encodes documents in order on several threads. Some documents are encoded ahead of the reader.</summary>
    public static IEnumerable<T[]> Encode<T>(IEnumerable<Document> documents, Converter<Document, T> encode, int threads, CancellationToken stopping)
    {
        var running = new Queue<Task<T[]>>();
        foreach (var piece in Pieces(documents))
        {
            stopping.ThrowIfCancellationRequested();
            running.Enqueue(Task.Run(() => Array.ConvertAll(piece, encode), CancellationToken.None));
            if (running.Count > threads)
                yield return running.Dequeue().GetAwaiter().GetResult();
        }
        while (running.TryDequeue(out var last))
            yield return last.GetAwaiter().GetResult();
    }

    /// <summary>Groups of documents large enough for a thread.</summary>
    static IEnumerable<Document[]> Pieces(IEnumerable<Document> documents)
    {
        var (piece, characters) = (new List<Document>(), 0);
        foreach (var document in documents)
        {
            piece.Add(document);
            characters += document.Text.Length;
            if (characters < PieceCharacters)
                continue;
            yield return [.. piece];
            piece.Clear();
            characters = 0;
        }
        if (piece.Count > 0)
            yield return [.. piece];
    }

    /// <summary>
    /// Records skipped input: broken JSONL lines, at most the first hundred per file, and the number of rows without text per file.
    /// </summary>
    public sealed class BrokenLines
    {
        const string Name = "broken.txt";
        readonly List<string> kept = [];
        readonly Dictionary<string, int> ofFile = [];
        readonly SortedDictionary<string, long> withoutText = new(StringComparer.Ordinal);

        public long Count { get; private set; }

        public void Add(string file, long line, string wrong)
        {
            Count++;
            if ((ofFile[file] = ofFile.GetValueOrDefault(file) + 1) <= 100)
                kept.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {wrong}"));
        }

        public void AddWithoutText(string file) => withoutText[file] = withoutText.GetValueOrDefault(file) + 1;

        public void Write(string folder)
        {
            kept.AddRange(withoutText.Select(f => $"{f.Key}: {Counted.Of(f.Value, "row")} without text (null or blank)"));
            if (kept.Count > 0)
                File.WriteAllLines(Path.Combine(folder, Name), kept);
        }

        public static IReadOnlyList<string> Read(string folder) => File.Exists(Path.Combine(folder, Name)) ? File.ReadAllLines(Path.Combine(folder, Name)) : [];
    }
}
