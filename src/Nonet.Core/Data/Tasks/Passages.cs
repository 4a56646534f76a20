using System.Text.Json;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Where questions about passages are.</summary>
public sealed record PassageOptions
{
    /// <summary>
    /// SQuAD's JSON (1.1 or 2.0), or JSON Lines of id, context, question and answers {text, answer_start}, in a file named .jsonl or .ndjson.
    /// </summary>
    [Option("SQuAD's JSON (1.1 or 2.0), or JSON Lines of id, context, question and answers {text, answer_start}, in a file named .jsonl or .ndjson.",
        Exists = true, Expected = "a file that exists")]
    public required string Path { get; init; }

    /// <summary>Whether to skip and count questions whose answers are not at the given places; otherwise the first one ends the run with an error.</summary>
    [Option("Whether to skip and count questions whose answers are not at the given places; otherwise the first one ends the run with an error.")]
    public bool SkipMismatched { get; init; }
}

/// <summary>A part of a passage that answers a question.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Start">Position in the passage, in UTF-16 units.</param>
public readonly record struct PassageAnswer(string Text, int Start);

/// <summary>A question about a passage.</summary>
/// <param name="Id">Identifier of the question.</param>
/// <param name="Context">The passage.</param>
/// <param name="Question">The question.</param>
/// <param name="Answers">The answers; empty if the passage does not answer the question (SQuAD 2.0).</param>
public sealed record PassageQuestion(string Id, string Context, string Question, IReadOnlyList<PassageAnswer> Answers);

/// <summary>
/// Questions about passages in SQuAD's form: Rajpurkar et al. 2016 and 2018. answer_start counts characters as Python does, code points, not the UTF-16 units
/// of <see cref="PassageAnswer.Start"/>.
/// </summary>
public sealed class Passages
{
    Passages(IReadOnlyList<PassageQuestion> questions, long mismatched) => (Questions, Mismatched) = (questions, mismatched);

    /// <summary>Questions with their passages and answers.</summary>
    public IReadOnlyList<PassageQuestion> Questions { get; }

    /// <summary>Number of skipped questions.</summary>
    public long Mismatched { get; }

    /// <summary>Reads a file. Throws a <see cref="MalformedFileException"/> that names file and question if an answer is not at its given position.</summary>
    public static Passages Read(PassageOptions options)
    {
        var (questions, mismatched) = (new List<PassageQuestion>(), 0L);
        var flat = TaskLines.EndingOf(options.Path) is ".jsonl" or ".ndjson";
        foreach (var (record, context, answers) in flat ? Flat(options.Path) : Squad(options.Path))
        {
            var id = record.Has("id") ? record.Label("id") : record.Place;
            var found = new List<PassageAnswer>();
            var wrong = false;
            foreach (var (text, start) in answers)
            {
                if (Place(context, text, start) is { } place)
                    found.Add(new PassageAnswer(text, place));
                else if (options.SkipMismatched)
                    wrong = true;
                else
                    throw new MalformedFileException(options.Path, $"answer '{text}' of question {id}, which is not at answer_start {start}",
                        "the position of the answer in its context; correct it, or skip such questions (skip_mismatched)");
            }
            if (wrong && found.Count == 0)
                mismatched++;
            else
                questions.Add(new PassageQuestion(id, context, record.Text("question"), found));
        }
        return questions.Count > 0 ? new Passages(questions, mismatched)
            : throw new MalformedFileException(options.Path,
                mismatched > 0 ? $"{mismatched} questions, none with an answer at its given position" : "no question", "questions about passages");
    }

    static IEnumerable<(TaskRecord Question, string Context, IEnumerable<(string Text, int Start)> Answers)> Squad(string path)
    {
        var file = new TaskRecord(path, "the file", TaskRecord.Whole(path, JsonValueKind.Object));
        foreach (var paragraph in file.Records("data").SelectMany(d => d.Records("paragraphs")))
        {
            var context = paragraph.Text("context");
            foreach (var question in paragraph.Records("qas"))
            {
                var none = question.Flag("is_impossible", !question.Has("answers"));
                yield return (question, context, none ? [] : question.Records("answers").Select(a => (a.Text("text"), a.Integer("answer_start"))).ToArray());
            }
        }
    }

    static IEnumerable<(TaskRecord, string, IEnumerable<(string, int)>)> Flat(string path)
    {
        foreach (var record in TaskRecord.Read(path))
        {
            var none = record.Flag("is_impossible", !record.Has("answers"));
            yield return (record, record.Text("context"), none ? [] : Answers(record));
        }
    }

    static (string, int)[] Answers(TaskRecord record)
    {
        var (texts, starts) = (record.Texts("answers.text"), record.Integers("answers.answer_start"));
        return texts.Length == starts.Length ? [.. texts.Zip(starts)]
            : throw new MalformedFileException(record.Path, $"{texts.Length} texts and {starts.Length} positions of answers in {record.Place}",
                "a place for each");
    }

    /// <summary>Position of an answer in UTF-16 units; null if another text is there.</summary>
    static int? Place(string context, string answer, int start)
    {
        if (start < 0 || start > context.Length || answer.Length == 0)
            return null;
        var place = 0;
        for (var left = start; left > 0 && place < context.Length; left--)
            place += char.IsHighSurrogate(context[place]) && place + 1 < context.Length ? 2 : 1;
        return context.AsSpan(Math.Min(place, context.Length)).StartsWith(answer, StringComparison.Ordinal) ? place : null;
    }
}
