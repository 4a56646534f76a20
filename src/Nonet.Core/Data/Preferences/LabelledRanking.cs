using System.Text.Json;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Preferences;

/// <summary>One labeller's judgement of the answers to a prompt: a line of a file of rankings.</summary>
public sealed record LabelledRanking
{
    /// <summary>Prompt, answers and pairs.</summary>
    public required Ranking Ranking { get; init; }

    /// <summary>Rank of each answer: 1 is the best, equal ranks are ties, null means not ranked. Null: the line has pairs instead.</summary>
    public IReadOnlyList<int?>? Ranks { get; init; }

    /// <summary>Score of each answer, from 1 to 7; null means not scored.</summary>
    public IReadOnlyList<int?>? Scores { get; init; }

    /// <summary>Names of the flags of each answer.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Flags { get; init; }

    /// <summary>Name of the model that wrote each answer; null means unknown.</summary>
    public IReadOnlyList<string?>? Sources { get; init; }

    /// <summary>Name of the labeller; null: the line does not say.</summary>
    public string? Labeller { get; init; }

    /// <summary>Place in the file, such as "line 3"; empty if it was not read from one.</summary>
    public string Place { get; init; } = "";

    /// <summary>Reads the lines of a file one by one, without joining lines of the same prompt.</summary>
    /// <exception cref="MalformedFileException">A line is malformed. The message names the line.</exception>
    public static IEnumerable<LabelledRanking> Read(RankingOptions options)
    {
        foreach (var record in TaskRecord.Read(options.Path))
        {
            var ranking = Rankings.Line(record, options.AnswerMark);
            var ranks = record.Has("answers") ? record.Has("pairs") ? null : Rankings.Ranks(record, ranking.Answers.Count) : [1, 2];
            yield return new LabelledRanking
            {
                Ranking = ranking,
                Ranks = ranks,
                Scores = record.Has("scores") ? Each(record, "scores", ranking, Score) : null,
                Flags = record.Has("flags") ? Each(record, "flags", ranking, FlagNames) : null,
                Sources = record.Has("sources") ? Each(record, "sources", ranking, Source) : null,
                Labeller = record.Has("labeller") ? record.Label("labeller") : null,
                Place = record.Place,
            };
        }
    }

    /// <summary>Writes rankings, one line each: {prompt, answers, ranks} and whatever else is known.</summary>
    public static void Write(string path, IEnumerable<LabelledRanking> rankings) => AtomicFile.Write(path, stream =>
    {
        foreach (var line in rankings)
            Rankings.WriteLine(stream, json => line.WriteFields(json));
    });

    void WriteFields(Utf8JsonWriter json)
    {
        PromptRecord.Write(json, Ranking.Prompt, Ranking.Messages);
        WriteArray(json, "answers", Ranking.Answers, json.WriteStringValue);
        if (Ranks is null)
            Rankings.WritePairNumbers(json, Ranking.Pairs);
        else
            WriteArray(json, "ranks", Ranks, n => WriteNumber(json, n));
        if (Scores is not null)
            WriteArray(json, "scores", Scores, n => WriteNumber(json, n));
        if (Flags is not null)
            WriteArray(json, "flags", Flags, names => WriteNames(json, names));
        if (Sources is not null)
            WriteArray(json, "sources", Sources, json.WriteStringValue);
        if (Labeller is not null)
            json.WriteString("labeller", Labeller);
    }

    static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> values, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            write(value);
        json.WriteEndArray();
    }

    static void WriteNumber(Utf8JsonWriter json, int? number)
    {
        if (number is { } value)
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }

    static void WriteNames(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        json.WriteStartArray();
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    /// <summary>A field with one value for each answer.</summary>
    static T[] Each<T>(TaskRecord record, string field, Ranking ranking, Func<TaskRecord, string, JsonElement, T> read)
    {
        T[] values = [.. record.Array(field).EnumerateArray().Select((e, i) => read(record, $"{field}[{i}]", e))];
        return values.Length == ranking.Answers.Count ? values
            : throw new MalformedFileException(record.Path, $"{ranking.Answers.Count} answers and {values.Length} {field} in {record.Place}",
                "one value an answer");
    }

    static int? Score(TaskRecord record, string field, JsonElement e) => e.ValueKind == JsonValueKind.Null ? null
        : e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var n) && n is >= 1 and <= 7 ? n
        : throw record.Wrong(field, e, "a whole number from 1 to 7, or null for an answer without a score");

    static IReadOnlyList<string> FlagNames(TaskRecord record, string field, JsonElement e) =>
        e.ValueKind == JsonValueKind.Array && e.EnumerateArray().All(f => f.ValueKind == JsonValueKind.String)
            ? [.. e.EnumerateArray().Select(f => record.TextOf(field, f))] : throw record.Wrong(field, e, "a list of names of flags");

    static string? Source(TaskRecord record, string field, JsonElement e) => e.ValueKind == JsonValueKind.Null ? null : record.TextOf(field, e);
}
