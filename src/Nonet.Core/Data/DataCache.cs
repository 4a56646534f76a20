using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>Folders of prepared data under one that keeps them, each named by all that decides its content. A folder appears whole or not at all.</summary>
static class DataCache
{
    /// <summary>Characters that a thread encodes at once.</summary>
    const int PieceCharacters = 1 << 19;
    const string LockName = "lock";

    /// <summary>Of every file its length and SHA-256, with all that decides what becomes of it.</summary>
    /// <param name="options">The data.</param>
    /// <param name="tokenizer">What turns it into ids.</param>
    /// <param name="form">What else decides the bytes; empty for plain tokens.</param>
    /// <param name="stopping">Ends it.</param>
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

    /// <summary>Writes the folder where it is not there, or waits for another process that does.</summary>
    /// <param name="folder">Its full path.</param>
    /// <param name="fill">Writes the files into the folder whose path it is given.</param>
    /// <param name="stopping">Ends it; nothing is left.</param>
    public static void Make(string folder, Action<string> fill, CancellationToken stopping)
    {
        if (Directory.Exists(folder))
            return;
        var cache = Directory.CreateDirectory(Path.GetDirectoryName(folder)!).FullName;
        using var alone = Lock(Path.Combine(cache, LockName), stopping);
        if (!Directory.Exists(folder))
            AtomicFolder.Write(folder, fill);
    }

    /// <summary>Waits until no other process works in the cache.</summary>
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

    /// <summary>Encodes documents in order on several threads, some of them ahead of the reader.</summary>
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

    /// <summary>Documents in groups that are worth a thread's while.</summary>
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

    /// <summary>What was passed over: broken JSONL lines, of each file the first hundred, and the number of a file's rows without text.</summary>
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
            kept.AddRange(withoutText.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key}: {f.Value} row(s) without text (null or blank)")));
            if (kept.Count > 0)
                File.WriteAllLines(Path.Combine(folder, Name), kept);
        }

        public static IReadOnlyList<string> Read(string folder) => File.Exists(Path.Combine(folder, Name)) ? File.ReadAllLines(Path.Combine(folder, Name)) : [];
    }
}
