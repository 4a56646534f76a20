using System.Text.Encodings.Web;
using System.Text.Json;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Preferences;

/// <summary>
/// Rankings from a file, one for each prompt. Lines with the same prompt are joined: their answers are united, and the majority of the lines decides
/// each pair. If the votes for a pair are equal, the pair is dropped.
/// </summary>
public sealed class Rankings
{
    const int MostAnswers = 1000;
    const string Chosen = "chosen", Rejected = "rejected";

    static readonly JsonWriterOptions writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    Rankings(IReadOnlyList<Ranking> items) => Items = items;

    /// <summary>One ranking for each prompt that has a pair, in the order of the file.</summary>
    public IReadOnlyList<Ranking> Items { get; }

    /// <summary>Number of lines without a comparison: one answer, the same answer twice, all ranks equal or missing.</summary>
    public int WithoutPair { get; private init; }

    /// <summary>Number of pairs that were dropped because equally many lines prefer either answer.</summary>
    public int Contradictions { get; private init; }

    /// <summary>Number of empty answers. They are kept: a model still reads their end token.</summary>
    public int EmptyAnswers { get; private init; }

    /// <summary>Warnings about the file for the user, one sentence each.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            if (WithoutPair > 0)
                yield return $"skipped {Counted.Of(WithoutPair, "line")} without a comparison (a single answer, or ties only)";
            if (Contradictions > 0)
                yield return $"dropped {Counted.Of(Contradictions, "pair")} of answers because equally many lines prefer either one";
            if (EmptyAnswers > 0)
                yield return $"found {Counted.Of(EmptyAnswers, "empty answer")}";
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MalformedFileException">A line is malformed, or no line compares two answers. The message names the line.</exception>
    public static Rankings Read(RankingOptions options)
    {
        var read = Join(LabelledRanking.Read(options).Select(line => line.Ranking));
        return read.Items.Count > 0 ? read
            : throw new MalformedFileException(options.Path, "no line that prefers one answer to another",
                "rankings {prompt, answers, ranks} of at least two answers, or pairs {prompt, chosen, rejected}");
    }

    /// <summary>Joins rankings of the same prompt.</summary>
    public static Rankings Join(IEnumerable<Ranking> rankings)
    {
        var prompts = new Dictionary<string, Votes>(StringComparer.Ordinal);
        var order = new List<Votes>();
        var withoutPair = 0;
        foreach (var ranking in rankings)
        {
            if (!prompts.TryGetValue(ranking.Prompt, out var votes))
            {
                prompts.Add(ranking.Prompt, votes = new Votes(ranking.Asked));
                order.Add(votes);
            }
            withoutPair += votes.Add(ranking) ? 0 : 1;
        }
        var items = order.Select(v => v.Decide()).ToArray();
        return new Rankings([.. items.Select(i => i.Ranking).Where(r => r.Pairs.Count > 0)])
        {
            WithoutPair = withoutPair,
            Contradictions = items.Sum(i => i.Contradictions),
            EmptyAnswers = items.Sum(i => i.Ranking.Answers.Count(a => a.Length == 0)),
        };
    }

    /// <summary>Writes rankings, one line each: {prompt, answers, pairs}. This layout keeps joined rankings complete.</summary>
    public static void Write(string path, IEnumerable<Ranking> rankings) => AtomicFile.Write(path, stream =>
    {
        foreach (var ranking in rankings)
        {
            WriteLine(stream, json =>
            {
                PromptRecord.Write(json, ranking.Prompt, ranking.Messages);
                json.WriteStartArray("answers");
                foreach (var answer in ranking.Answers)
                    json.WriteStringValue(answer);
                json.WriteEndArray();
                WritePairNumbers(json, ranking.Pairs);
            });
        }
    });

    internal static void WritePairNumbers(Utf8JsonWriter json, IReadOnlyList<RankedPair> pairs)
    {
        json.WriteStartArray("pairs");
        foreach (var (better, worse) in pairs)
        {
            json.WriteStartArray();
            json.WriteNumberValue(better);
            json.WriteNumberValue(worse);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes the pairs of rankings, one line each: {prompt, chosen, rejected}.</summary>
    public static void WritePairs(string path, IEnumerable<Ranking> rankings) => WritePairs(path, rankings, (json, ranking, pair) =>
    {
        PromptRecord.Write(json, ranking.Prompt, ranking.Messages);
        json.WriteString("chosen", ranking.Answers[pair.Better]);
        json.WriteString("rejected", ranking.Answers[pair.Worse]);
    });

    /// <summary>
    /// Writes the pairs of rankings as whole dialogues, one line each: {chosen, rejected}, the layout of HH-RLHF. A prompt must end with the mark
    /// that precedes an answer.
    /// </summary>
    public static void WriteDialogues(string path, IEnumerable<Ranking> rankings) => WritePairs(path, rankings, (json, ranking, pair) =>
    {
        var before = ranking.Messages is null ? ranking.Prompt : ranking.Prompt + " ";
        json.WriteString("chosen", before + ranking.Answers[pair.Better]);
        json.WriteString("rejected", before + ranking.Answers[pair.Worse]);
    });

    static void WritePairs(string path, IEnumerable<Ranking> rankings, Action<Utf8JsonWriter, Ranking, RankedPair> fields) => AtomicFile.Write(path, stream =>
    {
        foreach (var ranking in rankings)
        {
            foreach (var pair in ranking.Pairs)
                WriteLine(stream, json => fields(json, ranking, pair));
        }
    });

    internal static void WriteLine(Stream stream, Action<Utf8JsonWriter> fields)
    {
        using (var json = new Utf8JsonWriter(stream, writing))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    internal static Ranking Line(TaskRecord record, string mark)
    {
        if (record.Has("answers"))
            return OfAnswers(record);
        if (PromptRecord.HasPrompt(record))
            return Pair(PromptRecord.Read(record), PromptRecord.Answer(record, Chosen), PromptRecord.Answer(record, Rejected));
        if (PromptRecord.IsList(record, Chosen))
        {
            var (better, worse) = (PromptRecord.Whole(record, Chosen), PromptRecord.Whole(record, Rejected));
            return better.Prompt.Text == worse.Prompt.Text ? Pair(better.Prompt, better.Answer, worse.Answer)
                : throw new MalformedFileException(record.Path, $"conversations {Chosen} and {Rejected} that differ before their last turns in {record.Place}",
                    "two answers to the same conversation");
        }
        var (chosen, rejected) = (record.Text(Chosen), record.Text(Rejected));
        var end = PromptEnd(record, chosen, rejected, mark);
        return Pair(new Prompt(chosen[..end]), chosen[end..], rejected[end..]);
    }

    static Ranking Pair(Prompt prompt, string chosen, string rejected) =>
        Ranking.Of(prompt.Text, [chosen, rejected], [1, 2]) with { Messages = prompt.Messages };

    static Ranking OfAnswers(TaskRecord record)
    {
        var (prompt, answers) = (PromptRecord.Read(record), record.Texts("answers"));
        if (answers.Length > MostAnswers)
            throw new MalformedFileException(record.Path, $"{answers.Length} answers in {record.Place}", $"at most {MostAnswers}");
        if (!record.Has("pairs"))
            return Ranking.Of(prompt.Text, answers, Ranks(record, answers.Length)) with { Messages = prompt.Messages };
        var number = 0;
        var pairs = new List<RankedPair>();
        foreach (var pair in record.Array("pairs").EnumerateArray())
        {
            int[] both = pair.ValueKind == JsonValueKind.Array
                ? [.. pair.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var n) ? n : -1)] : [];
            if (both.Length != 2 || both.Any(n => n < 0 || n >= answers.Length) || both[0] == both[1])
                throw record.Wrong($"pairs[{number}]", pair, $"two different numbers of answers, from 0 to {answers.Length - 1}: the better one first");
            pairs.Add(new RankedPair(both[0], both[1]));
            number++;
        }
        return new Ranking { Prompt = prompt.Text, Messages = prompt.Messages, Answers = answers, Pairs = pairs };
    }

    internal static int?[] Ranks(TaskRecord record, int answers)
    {
        int?[] ranks = [.. record.Array("ranks").EnumerateArray().Select((e, i) => e.ValueKind == JsonValueKind.Null ? (int?)null
            : e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var n) && n >= 1 ? n
            : throw record.Wrong($"ranks[{i}]", e, "a whole number from 1 on (1 is the best), or null for an answer that was not ranked"))];
        return ranks.Length == answers ? ranks
            : throw new MalformedFileException(record.Path, $"{answers} answers and {ranks.Length} ranks in {record.Place}", "one rank an answer");
    }

    /// <summary>Index at which the last answer begins in both of two dialogues.</summary>
    static int PromptEnd(TaskRecord record, string chosen, string rejected, string mark)
    {
        var common = chosen.AsSpan().CommonPrefixLength(rejected);
        var at = common == 0 ? -1 : chosen.LastIndexOf(mark, common - 1, StringComparison.Ordinal);
        return at >= 0 ? at + mark.Length
            : throw new MalformedFileException(record.Path,
                $"no '{mark.Replace("\n", "\\n", StringComparison.Ordinal)}' in the common beginning of chosen and rejected in {record.Place}",
                "dialogues that part after an answer's mark, or a field prompt");
    }

    /// <summary>Votes of the lines on the answers to one prompt.</summary>
    sealed class Votes(Prompt prompt)
    {
        readonly List<string> answers = [];
        readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        readonly Dictionary<(int Low, int High), int> balance = []; // above 0: the lower number is better

        /// <summary>Adds a line. Returns false if it compares nothing.</summary>
        public bool Add(Ranking ranking)
        {
            var own = ranking.Answers.Select(Number).ToArray();
            var any = false;
            foreach (var (better, worse) in ranking.Pairs)
            {
                var (a, b) = (own[better], own[worse]);
                if (a == b)
                    continue;
                any = true;
                var key = (Math.Min(a, b), Math.Max(a, b));
                balance[key] = balance.GetValueOrDefault(key) + (a < b ? 1 : -1);
            }
            return any;
        }

        public (Ranking Ranking, int Contradictions) Decide() =>
            (new Ranking
            {
                Prompt = prompt.Text,
                Messages = prompt.Messages,
                Answers = answers,
                Pairs = [.. balance.Where(b => b.Value != 0)
                .Select(b => b.Value > 0 ? new RankedPair(b.Key.Low, b.Key.High) : new RankedPair(b.Key.High, b.Key.Low))]
            },
                balance.Count(b => b.Value == 0));

        int Number(string answer)
        {
            if (!numbers.TryGetValue(answer, out var number))
            {
                numbers.Add(answer, number = answers.Count);
                answers.Add(answer);
            }
            return number;
        }
    }
}
