using Nonet.Data.Mixtures;
using Nonet.Files;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>Tasks from files of all kinds, and what is wrong with them.</summary>
public sealed class MixtureReaderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    MixtureTask[] Read(params MixtureSource[] sources) =>
        [.. new MixtureReader([folder.Path], null!).Read(Rows.Options(Rows.Sub("a") with { Sources = sources }))[0]];

    [Fact]
    public void Natural_instructions_of_both_versions_are_read_with_all_answers()
    {
        folder.Add("subtask003_mctaco_question.json", """{"Definition": "Ask.", "Instances": [{"input": " a ", "output": ["b", "c", "b"]}]}""");
        folder.Add("task9_x.json", """{"Definition": ["Say", "it."], "Source": ["xnli"], "Instances": [{"id": "1", "input": "d", "output": "e"}]}""");
        var tasks = Read(new NaturalInstructionsSource { Path = "*.json", Except = ["none*"] });
        Assert.Equal([("subtask003_mctaco_question", "mctaco", "Ask.", "a", "b|c"), ("task9_x", "xnli", "Say\nit.", "d", "e")],
            tasks.Select(t => (t.Name, t.Dataset, t.Definition!, t.Rows[0].Input, string.Join('|', t.Rows[0].Targets))));
        Assert.Equal("Instances[0]", tasks[0].Rows[0].Place.Row);
        Assert.Equal(64, tasks[0].Files[0].Sha256.Length);
        Assert.Single(Read(new NaturalInstructionsSource { Path = "*.json", Except = ["task9*"] }));
    }

    [Fact]
    public void Tables_give_rows_by_templates_over_their_columns()
    {
        folder.Add("cot.tsv", "2 > 1?\\nOptions:\\n- yes\\n- no\tyes\tOne is less.\n");
        folder.Add("qa.jsonl", """{"q": "a", "gold": {"text": "b"}}""" + "\n\n" + """{"q": "c", "gold": {"text": "d"}}""");
        var cot = Read(new RecordsSource
        {
            Path = "cot.tsv",
            Columns = ["question", "answer", "why"],
            Input = """{{ question.replace('\\n', '\n').split('\nOptions:\n')[0] }}""",
            Target = "{{ answer }}",
            Rationale = "{{ why }}",
            AnswerOptions = """{{ question.replace('\\n- ', '\n').split('\\nOptions:')[1] }}""",
        })[0].Rows[0];
        Assert.Equal(("2 > 1?", "yes", "One is less.", "yes|no"), (cot.Input, cot.Targets[0], cot.Rationale, string.Join('|', cot.Options)));
        var qa = Read(new RecordsSource { Path = "qa.jsonl", Input = "{{ q }}", Target = "{{ gold.text }}" })[0];
        Assert.Equal([("a", "b", "line 1"), ("c", "d", "line 3")], qa.Rows.Select(r => (r.Input, r.Targets[0], r.Place.Row)));
    }

    [Fact]
    public void A_row_on_which_a_template_fails_is_named_by_file_and_line()
    {
        folder.Add("qa.jsonl", """{"q": "a", "g": "b"}""" + "\n" + """{"q": "a"}""");
        var source = new RecordsSource { Path = "qa.jsonl", Input = "{{ q }}", Target = "{{ g }}" };
        var wrong = Assert.Throws<MalformedFileException>(() => Read(source));
        Assert.Matches(@"qa\.jsonl.*qa, target:1.*'g'.*in line 2.*there are q", wrong.Message);
        Assert.Contains("an empty answer in line 1", Assert.Throws<MalformedFileException>(() => Read(source with { Target = " " })).Message,
            StringComparison.Ordinal);
        var phrased = Read(source with { Target = "x", Templates = [new PromptTemplate { Question = "{{ nothing }}" }] });
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a")), [phrased]);
        Assert.Matches(@"qa\.jsonl.*a row on which a template fails \(qa, template 1, question:1.*in line \d",
            Assert.Throws<MalformedFileException>(() => mixture[0]).Message);
    }

    [Theory]
    [InlineData("broken.json", "{", "broken JSON"), InlineData("list.json", "[]", "expected a JSON object"),
        InlineData("no-output.json", """{"Definition": "d", "Instances": [{"input": "a", "output": [""]}]}""", "output"),
        InlineData("no-input.json", """{"Definition": "d", "Instances": [{"output": ["a"]}]}""", "no field 'input' in the file, Instances[0]"),
        InlineData("none.json", """{"Definition": "d", "Instances": []}""", "found no row in")]
    public void A_malformed_task_is_an_error_that_names_the_file(string name, string content, string expected)
    {
        folder.Add(name, content);
        var wrong = Assert.ThrowsAny<FormatException>(() => Read(new NaturalInstructionsSource { Path = name }));
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(name, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_and_tasks_named_twice_are_errors()
    {
        var missing = Assert.Throws<FileNotFoundException>(() => Read(new RecordsSource { Path = "nothing.tsv", Input = "a", Target = "b" }));
        Assert.Contains(folder["nothing.tsv"], missing.Message, StringComparison.Ordinal);
        folder.Add("qa.jsonl", """{"q": "a"}""");
        var source = new RecordsSource { Path = "qa.jsonl", Input = "{{ q }}", Target = "x" };
        Assert.Contains("2 tasks named qa", Assert.Throws<MixtureException>(() => Read(source, source)).Message, StringComparison.Ordinal);
        Assert.Equal(["qa", "other"], Read(source, source with { Name = "other" }).Select(t => t.Name));
        Assert.Contains("expected input and target", Assert.Throws<ArgumentException>(() => Read(new RecordsSource { Path = "qa.jsonl" })).Message,
            StringComparison.Ordinal);
        Assert.Contains("found no such task", Assert.Throws<ArgumentException>(() => Read(new SymbolTaskSource { Tasks = ["revers"] })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Generated_tasks_have_right_answers_and_enough_phrasings()
    {
        var tasks = Read(new SymbolTaskSource { Examples = 100 });
        Assert.True(tasks.Length >= 24);
        Assert.True(tasks.DistinctBy(t => t.Cluster).Count() >= 6);
        Assert.All(tasks, t => Assert.True(t.Templates.Count >= 10 && t.Templates.Distinct().Count() == t.Templates.Count));
        Assert.All(tasks, t => Assert.Equal(t.Rows.Count, t.Rows.Select(r => r.Input).Distinct().Count()));
        string Answer(string task, Func<TaskRow, bool> of) => tasks.First(t => t.Name == task).Rows.First(of).Targets[0];
        foreach (var row in tasks.First(t => t.Name == "reverse").Rows)
            Assert.Equal(string.Concat(row.Input.Reverse()), row.Targets[0]);
        foreach (var row in tasks.First(t => t.Name == "value").Rows)
            Assert.Contains($"{row.Input[^1]} {row.Targets[0]}", row.Input, StringComparison.Ordinal);
        Assert.Equal("none", Answer("deletion", r => r.Input.Split(" : ")[0].Split(' ').Distinct().Count() == 1));
        Assert.All(tasks.First(t => t.Name == "predecessors").Rows, r => Assert.DoesNotContain("-", r.Targets[0], StringComparison.Ordinal));
    }
}
