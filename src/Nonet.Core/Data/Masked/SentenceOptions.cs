using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.Data.Masked;

/// <summary>How documents are split into sentences.</summary>
public sealed record SentenceOptions
{
    /// <summary>How documents are split into sentences: rules, or lines (one sentence per line; an empty line ends a document).</summary>
    [Option("How documents are split into sentences: rules, or lines (one sentence per line; an empty line ends a document).")]
    public SentenceCut Cut { get; init; } = SentenceCut.Rules;

    /// <summary>Largest number of ids in a sentence. A longer one (a table, text without full stops) is split and counted.</summary>
    [Option("Largest number of ids in a sentence. A longer one (a table, text without full stops) is split and counted.", Least = 8)]
    public int Longest { get; init; } = 512;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    public void Check()
    {
        if (Longest < 8)
            throw new ArgumentException($"longest is {Longest}: expected at least 8 ids");
    }

    /// <summary>Documents and sentences of a document of the corpus.</summary>
    internal IEnumerable<(Document Document, IReadOnlyList<string> Sentences)> Sentences(Document document)
    {
        if (Cut == SentenceCut.Rules)
            return [(document, SentenceSplitter.Split(document.Text))];
        return Lines(document);
    }

    static IEnumerable<(Document, IReadOnlyList<string>)> Lines(Document document)
    {
        var part = 0;
        var lines = new List<string>();
        foreach (var range in Lines(document.Text))
        {
            if (document.Text[range].Trim() is { Length: > 0 } line)
                lines.Add(line);
            else if (lines.Count > 0)
            {
                yield return (new Document(document.Source, part++, string.Join('\n', lines)), lines);
                lines = [];
            }
        }
        if (lines.Count > 0)
            yield return (new Document(document.Source, part, string.Join('\n', lines)), lines);
    }

    static IEnumerable<Range> Lines(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is >= 0 and var found ? found : text.Length;
            yield return at..end;
            at = end + 1;
        }
    }
}

/// <summary>Rule for the end of a sentence.</summary>
public enum SentenceCut
{
    /// <summary>The rules of <see cref="SentenceSplitter"/>.</summary>
    Rules,

    /// <summary>The end of a line. An empty line ends a document. This is the input format of BERT's create_pretraining_data.py.</summary>
    Lines,
}
