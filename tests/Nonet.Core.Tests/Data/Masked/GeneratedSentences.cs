using Nonet.Data.Masked;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Tests.Data.Masked;

/// <summary>A WordPiece vocabulary of generated words, and files of sentences of them.</summary>
sealed class GeneratedSentences : IDisposable
{
    public const int FirstWord = 5;
    readonly TemporaryFolder folder = new();
    readonly List<SentenceFile> files = [];

    /// <param name="words">Ids besides the five marks; of these every fourth is a part that goes on with a word.</param>
    public GeneratedSentences(int words = 200)
    {
        var vocabulary = new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Concat(
            Enumerable.Range(0, words).Select(i => i % 4 == 3 ? $"##p{i}" : $"w{i}"));
        Tokenizer = Tokenizer.Load(folder.Add("vocab.txt", string.Join('\n', vocabulary) + "\n"));
        Marks = MaskedMarks.Of(Tokenizer);
    }

    public Tokenizer Tokenizer { get; }
    public MaskedMarks Marks { get; }

    public string this[string name] => folder[name];

    public string Add(string name, string text) => folder.Add(name, text);

    /// <summary>A file of documents whose sentences have the given lengths; ids run on, so that each can be told where it stands.</summary>
    public SentenceFile Of(params int[][] documents)
    {
        var next = 0;
        return Write([.. documents.Select(d =>
            d.Select(n => Enumerable.Range(0, n).Select(_ => FirstWord + next++ % (Tokenizer.Vocab - FirstWord)).ToArray()).ToArray())]);
    }

    /// <summary>Documents of 1 to 30 sentences of 3 to 40 random words.</summary>
    public SentenceFile Random(int documents)
    {
        var key = new RandomKey(11, 0, 0);
        var drawn = 0UL;
        int Below(int n) => Philox.Below(key, drawn++, n);
        return Write([.. Enumerable.Range(0, documents).Select(_ => Enumerable.Range(0, 1 + Below(30)).Select(_ =>
            Enumerable.Range(0, 3 + Below(38)).Select(_ => FirstWord + Below(Tokenizer.Vocab - FirstWord)).ToArray()).ToArray())]);
    }

    public SentenceFile Write(int[][][] documents, int longest = 512)
    {
        var path = folder[$"{files.Count}.sentences"];
        using (var stream = File.Create(path))
        {
            using var writer = new SentenceFileWriter(stream, Tokenizer, longest);
            foreach (var document in documents)
                writer.Add(document, 1);
            writer.Finish();
        }
        files.Add(SentenceFile.Open(path, Tokenizer));
        return files[^1];
    }

    public void Dispose()
    {
        files.ForEach(f => f.Dispose());
        folder.Dispose();
    }
}
