using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Evaluation.Tasks.Generated;

namespace Nonet.Tests.Evaluation.Tasks;

public sealed class LoadedTaskTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static EvaluationTask Task(TaskSource source) =>
        new() { Name = "t", Kind = EvaluationKind.Generation, Source = source, Prompt = "{{ q }}:", Target = " {{ a }}", Gold = "{{ a }}" };

    LoadedTask Load(TaskSource source) => LoadedTask.Read(Task(source), new TaskFolders(temporary.Path));

    string[] Prompts(TaskSource source) => [.. new Preparation(null, Load(source), 0, new EvaluationOptions()).Show(ids: false).Select(t => t.Split('\n')[1])];

    [Fact]
    public void Items_are_read_from_every_format()
    {
        File.WriteAllText(temporary["a.jsonl"], "{\"q\": \"one\", \"a\": 1}\n\n{\"q\": \"two\", \"a\": 2.5}\n");
        File.WriteAllText(temporary["a.json"], "{\"about\": 1, \"list\": [{\"q\": \"one\", \"a\": 1}, {\"q\": \"two\", \"a\": 2}]}");
        File.WriteAllText(temporary["a.tsv"], "q\ta\none\t1\ntwo\t2\n");
        File.WriteAllText(temporary["a.csv"], "\"one\",1\n\"two\",2\n");
        string[] expected = ["one:⟧", "two:⟧"];
        Assert.Equal(expected, Prompts(new TaskSource { Test = "a.jsonl" }));
        Assert.Equal(expected, Prompts(new TaskSource { Test = "a.json", Records = "list" }));
        Assert.Equal(expected, Prompts(new TaskSource { Test = "a.tsv" }));
        Assert.Equal(expected, Prompts(new TaskSource { Test = "a.csv", Columns = ["q", "a"] }));
    }

    [Fact]
    public void A_star_takes_every_file_and_its_name_becomes_a_field()
    {
        Directory.CreateDirectory(temporary["m"]);
        File.WriteAllText(temporary["m/law_test.csv"], "one,1\n");
        File.WriteAllText(temporary["m/art_test.csv"], "two,2\n");
        var task = Load(new TaskSource { Test = "m/*_test.csv", Columns = ["q", "a"], NameField = "subject" });
        Assert.Equal(["art", "law"], task.Items.Select(i => i.Text("subject")));
    }

    [Fact]
    public void A_missing_file_is_named_with_its_places_and_how_to_get_it()
    {
        var e = Assert.Throws<FileNotFoundException>(() => Load(new TaskSource { Test = "gone.jsonl", Get = "get it from somewhere" }));
        Assert.Contains(Path.Combine(temporary.Path, "gone.jsonl"), e.Message, StringComparison.Ordinal);
        Assert.Contains("get it from somewhere", e.Message, StringComparison.Ordinal);
        Assert.Contains("--data", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ItemFamily.Addition), InlineData(ItemFamily.Subtraction), InlineData(ItemFamily.Multiplication), InlineData(ItemFamily.Composite),
        InlineData(ItemFamily.CycledLetters), InlineData(ItemFamily.Anagrams1)]
    [InlineData(ItemFamily.Anagrams2), InlineData(ItemFamily.RandomInsertion), InlineData(ItemFamily.ReversedWords), InlineData(ItemFamily.LastLetters),
        InlineData(ItemFamily.CoinFlip), InlineData(ItemFamily.Chain), InlineData(ItemFamily.Dates)]
    public void Generated_items_repeat_by_seed_and_exemplars_are_others(ItemFamily family)
    {
        string[] Items(ulong seed, bool exemplars)
        {
            var options = new ItemGenerator { Family = family, Items = 60, Size = 3, Seed = seed };
            return [.. (exemplars ? GeneratedItems.Exemplars(options) : GeneratedItems.Test(options)).Select(i => i.Fields.ToJsonString())];
        }
        Assert.Equal(Items(1, false), Items(1, false));
        Assert.NotEqual(Items(1, false), Items(2, false));
        Assert.Equal(60, Items(1, false).Distinct().Count());
        Assert.Empty(Items(1, false).Intersect(Items(1, true)));
    }

    /// <summary>Every question is answered again, from its words alone.</summary>
    [Fact]
    public void Answers_about_dates_are_right()
    {
        var options = new ItemGenerator { Family = ItemFamily.Dates, Items = 3000 };
        var seen = new HashSet<string>();
        foreach (var (_, fields) in GeneratedItems.Test(options))
        {
            var (question, answer) = (fields["question"]!.GetValue<string>(), fields["answer"]!.GetValue<string>());
            var today = DateOnly.ParseExact(fields["today"]!.GetValue<string>(), "yyyy-MM-dd", CultureInfo.InvariantCulture);
            if (DateAnswer.Of(question, today) is { } expected)
                Assert.True(expected == answer, $"{today:yyyy-MM-dd}: {question} {answer}, expected {expected}");
            seen.Add(Regex.Replace(question, "[0-9]+|(January|February|March|April|May|June|July|August|September|October|November|December) ", "N"));
        }
        Assert.True(seen.Count > 60, $"{seen.Count} forms");
        Assert.True(GeneratedItems.Test(options).Select(i => i.Fields["today"]!.GetValue<string>()).Distinct().Count() > 400);
    }

    /// <summary>Of questions that name a date, a distance or a near day.</summary>
    static class DateAnswer
    {
        public static string? Of(string question, DateOnly today)
        {
            if (Regex.Match(question, @"^How many days (?:ago was|are there until) (\w+ \d+, \d+)\?$") is { Success: true } apart)
                return $"{Math.Abs(Date(apart.Groups[1].Value).DayNumber - today.DayNumber)}";
            if (Regex.Match(question, @"^What day of the week (?:was|is) it on (\w+ \d+, \d+)\?$") is { Success: true } weekday)
                return Date(weekday.Groups[1].Value).ToDateTime(default).ToString("dddd", CultureInfo.InvariantCulture);
            if (Regex.Match(question, @"^What (.+) (?:was it|will it be in) (\d+) (day|week|month|year)s?( ago)?\?$") is { Success: true } moved)
            {
                var by = int.Parse(moved.Groups[2].Value, CultureInfo.InvariantCulture) * (moved.Groups[4].Success ? -1 : 1);
                return Part(moved.Groups[3].Value switch
                {
                    "day" => today.AddDays(by),
                    "week" => today.AddDays(7 * by),
                    "month" => today.AddMonths(by),
                    _ => today.AddYears(by)
                }, moved.Groups[1].Value);
            }
            if (Regex.Match(question, @"^What (.+) (?:was|is|will) it (?:be )?(the day before yesterday|yesterday|today|tomorrow|the day after tomorrow)\?$")
                is { Success: true } near)
            {
                string[] days = ["the day before yesterday", "yesterday", "today", "tomorrow", "the day after tomorrow"];
                return Part(today.AddDays(Array.IndexOf(days, near.Groups[2].Value) - 2), near.Groups[1].Value);
            }
            return question switch
            {
                "What month was Independence Day this year?" or "What month is Independence Day this year?" => "July",
                "What day of the week was Thanksgiving this year?" or "What day of the week is Thanksgiving this year?" => "Thursday",
                "What day of the week was Memorial Day this year?" or "What day of the week is Memorial Day this year?" => "Monday",
                "What month was Memorial Day this year?" or "What month is Memorial Day this year?" => "May",
                _ => null,
            };
        }

        static DateOnly Date(string text) => DateOnly.ParseExact(text, "MMMM d, yyyy", CultureInfo.InvariantCulture);

        static string Part(DateOnly date, string part) => date.ToString(part switch
        {
            "day of the week" => "dddd",
            "day of the month" => "%d",
            "month" => "MMMM",
            _ => "yyyy"
        }, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Exemplars_are_drawn_by_seed_and_never_ask_what_the_item_asks()
    {
        // every question three times
        File.WriteAllLines(temporary["a.jsonl"], Enumerable.Range(0, 30).Select(i => $"{{\"q\": \"q{i % 10}\", \"a\": {i % 3}}}"));
        var task = Load(new TaskSource { Test = "a.jsonl" });
        Exemplar[] Of(int item, int shots, ulong seed = 1) => [.. new Exemplars(task, seed).Of(task.Templates.Ask(task.Items[item]), shots)];
        for (var i = 0; i < 30; i++)
            Assert.DoesNotContain($"q{i % 10}:", Of(i, 20).Select(e => e.Prompt));
        Assert.Equal(Of(3, 4), Of(3, 4));
        Assert.Equal(Of(3, 4), Of(3, 8)[..4]); // more shots begin as fewer do
        Assert.NotEqual(Of(3, 8), Of(4, 8));
        Assert.NotEqual(Of(3, 8), Of(3, 8, seed: 2));
        Assert.Contains("found 29 exemplars for 30 shots", Assert.Throws<TaskException>(() => Of(3, 30)).Message, StringComparison.Ordinal);
        var exemplars = new Exemplars(task, 1);
        Assert.Equal(27, exemplars.Of(task.Templates.Ask(task.Items[3]), 29).Count);
        Assert.Equal(2, exemplars.Dropped);
    }

    [Fact]
    public void Balanced_exemplars_have_as_many_of_each_answer()
    {
        var task = LoadedTask.Read(new EvaluationTask
        {
            Name = "m",
            Kind = EvaluationKind.MultipleChoice,
            Source = new TaskSource { Generate = new ItemGenerator { Family = ItemFamily.Mappings, Size = 4, Items = 40 } },
            Prompt = "{{ input }}",
            ChoicesFrom = "labels",
            Choice = "{{ choice }}",
            Gold = "{{ right }}",
            Exemplars = new ExemplarOptions { Choose = ExemplarChoice.Balanced, Within = "mapping" },
        }, new TaskFolders(null));
        var exemplars = new Exemplars(task, 1);
        foreach (var item in task.Items)
        {
            var asked = task.Templates.Ask(item);
            var eight = exemplars.Of(asked, 8);
            Assert.Equal([2, 2, 2, 2], eight.CountBy(e => e.Target).Select(c => c.Value));
            Assert.DoesNotContain(asked.Prompt, eight.Select(e => e.Prompt));
            Assert.Contains(eight, e => e.Prompt[1] == asked.Prompt[1] && e.Target == asked.Target); // the class of the question, with its label
        }
    }
}
