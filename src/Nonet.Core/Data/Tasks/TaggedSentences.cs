using System.Globalization;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Where sentences with a tag for each word are.</summary>
public sealed record TaggedSentenceOptions
{
    /// <summary>CoNLL or JSON Lines.</summary>
    [Option("CoNLL or JSON Lines.", Exists = true, Expected = "a file that exists")]
    public required string Path { get; init; }

    /// <summary>
    /// Whether the file is JSON Lines; null: determined by its name. Otherwise it is CoNLL: one word per line, an empty line after each sentence, and
    /// columns separated by tabs, or by spaces if a line has no tab.
    /// </summary>
    [Option("Whether it is JSON Lines; null: by its name. Otherwise CoNLL: one word per line, an empty line after each sentence, columns separated by tabs, or by "
        + "spaces if a line has no tab.")]
    public bool? Jsonl { get; init; }

    /// <summary>Column of the word, from 1.</summary>
    [Option("Column of the word, from 1.", Least = 1)]
    public int WordColumn { get; init; } = 1;

    /// <summary>Column of the tag, from 1; null: the last.</summary>
    [Option("Column of the tag, from 1; null: the last.", Least = 1)]
    public int? TagColumn { get; init; }

    /// <summary>JSON field of the words, an array of strings.</summary>
    [Option("JSON field of the words, an array of strings.")]
    public string WordField { get; init; } = "tokens";

    /// <summary>JSON field of the tags, an array of strings or numbers.</summary>
    [Option("JSON field of the tags, an array of strings or numbers.")]
    public string TagField { get; init; } = "tags";
}

/// <summary>The words of a sentence, with a tag for each.</summary>
/// <param name="Words">The words as written in the file.</param>
/// <param name="Tags">Tag of each word.</param>
/// <param name="Classes">Index of each tag.</param>
public sealed record TaggedSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Tags, IReadOnlyList<int> Classes);

/// <summary>Sentences with a tag for each word: named entities, parts of speech.</summary>
public sealed class TaggedSentences
{
    TaggedSentences(IReadOnlyList<TaggedSentence> items, TaskLabels labels) => (Items, Labels) = (items, labels);

    /// <summary>Sentences in the order of the file.</summary>
    public IReadOnlyList<TaggedSentence> Items { get; }

    /// <summary>The tags.</summary>
    public TaskLabels Labels { get; }

    /// <summary>
    /// Reads a file. Lines of -DOCSTART- are skipped. Throws a <see cref="MalformedFileException"/> that names file and line if a line lacks a
    /// column, if the numbers of words and tags differ, or if a tag is not among the given ones.
    /// </summary>
    /// <param name="options">The file.</param>
    /// <param name="labels">The tags of the training set; null: the tags that occur.</param>
    public static TaggedSentences Read(TaggedSentenceOptions options, TaskLabels? labels = null)
    {
        var json = options.Jsonl ?? TaskLines.EndingOf(options.Path) is ".jsonl" or ".ndjson" or ".json";
        var read = (json ? OfJson(options) : OfColumns(options)).ToArray();
        if (read.Length == 0)
            throw new MalformedFileException(options.Path, "no sentence", "words with tags");
        var collected = labels ?? TaskLabels.Collect(read.SelectMany(s => s.Tags));
        return new TaggedSentences(
            Array.ConvertAll(read, s =>
            new TaggedSentence(s.Words, s.Tags, [.. s.Tags.Select(t => LabelledTexts.ClassOf(options.Path, s.Place, t, collected))])), collected);
    }

    static IEnumerable<(string Place, string[] Words, string[] Tags)> OfJson(TaggedSentenceOptions options)
    {
        foreach (var record in TaskRecord.Read(options.Path))
        {
            var (words, tags) = (record.Texts(options.WordField), record.Labels(options.TagField));
            if (words.Length != tags.Length)
                throw new MalformedFileException(options.Path, $"{words.Length} words and {tags.Length} tags in {record.Place}", "a tag for each word");
            if (words.Length > 0)
                yield return (record.Place, words, tags);
        }
    }

    static IEnumerable<(string Place, string[] Words, string[] Tags)> OfColumns(TaggedSentenceOptions options)
    {
        var (words, tags, first) = (new List<string>(), new List<string>(), 0L);
        foreach (var (number, line) in TaskLines.Read(options.Path).Append((long.MaxValue, "")))
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                if (words.Count > 0)
                    yield return (string.Create(CultureInfo.InvariantCulture, $"line {first} or after it"), [.. words], [.. tags]);
                words.Clear();
                tags.Clear();
                continue;
            }
            var columns = line.Contains('\t', StringComparison.Ordinal) ? line.Split('\t') : line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns[0] == "-DOCSTART-")
                continue;
            var (word, tag) = (options.WordColumn, options.TagColumn ?? columns.Length);
            if (columns.Length < Math.Max(word, tag) || word < 1 || tag < 1 || word == tag)
                throw new MalformedFileException(options.Path, $"{Counted.Of(columns.Length, "column")} on line {number}",
                    $"a word in column {word} and a tag in {(options.TagColumn is { } t ? $"column {t}" : "the last, another one")}");
            if (words.Count == 0)
                first = number;
            words.Add(columns[word - 1]);
            tags.Add(columns[tag - 1]);
        }
    }
}
