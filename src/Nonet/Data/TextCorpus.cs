using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>Documents read from text files.</summary>
public sealed class TextCorpus
{
    /// <summary>What a folder is searched for.</summary>
    const string Pattern = "*.txt";

    public TextCorpus(IEnumerable<Document> documents)
    {
        Documents = [.. documents];
        if (Documents.Count == 0)
            throw new ArgumentException("a corpus of no documents", nameof(documents));
    }

    public IReadOnlyList<Document> Documents { get; }

    /// <summary>Bytes of all documents in UTF-8.</summary>
    public long Bytes => Documents.Sum(d => (long)d.Bytes);

    /// <summary>
    /// Reads files, and the *.txt of folders (and of those in them) in the order of their names; one document a file. Text must be UTF-8 without zero
    /// bytes; line ends become \n. Throws with the path where something is missing, empty or not text.
    /// </summary>
    public static TextCorpus Read(params IEnumerable<string> paths) => new(Stream(paths));

    /// <summary>What <see cref="Read"/> reads, file by file: one is held at a time.</summary>
    public static IEnumerable<Document> Stream(params IEnumerable<string> paths) => paths.SelectMany(Files).Select(file => new Document(file, 0, TextFile.Read(file)));

    /// <summary>The same texts, a document per chapter: see <see cref="Chapters.Split"/>.</summary>
    public TextCorpus SplitChapters(int blockBytes = 16384) =>
        new(Documents.SelectMany(d => Chapters.Split(d.Text, blockBytes).Select((text, i) => new Document(d.Source, i, text))));

    /// <summary>
    /// Of every <paramref name="every"/> documents in a row one is held out, picked by a hash keyed by the seed; of the last, incomplete row perhaps none.
    /// </summary>
    public (TextCorpus Train, TextCorpus HeldOut) HoldOut(int every, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 2);
        if (Documents.Count < 2)
            throw new ArgumentException($"a corpus of one document ({Documents[0]}): at least two are needed to train on one and hold one out; add text");
        var row = Math.Min(every, Documents.Count);
        var key = new RandomKey(seed, 0, 0).At("held-out documents");
        bool Held(int i) => i % row == Philox.Below(key, (ulong)(i / row), row);
        return (new TextCorpus(Documents.Where((_, i) => !Held(i))), new TextCorpus(Documents.Where((_, i) => Held(i))));
    }

    static string[] Files(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file or folder; expected text", path);
        string[] files = [.. Directory.EnumerateFiles(path, Pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new FileNotFoundException($"{path}: found no {Pattern} in this folder; expected text", path);
    }
}
