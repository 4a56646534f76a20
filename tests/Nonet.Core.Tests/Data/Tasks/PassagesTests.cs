using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Tests.Data.Tasks;

public sealed class PassagesTests : IDisposable
{
    const string Squad = """
        {"version": "v2.0", "data": [{"title": "t", "paragraphs": [{"context": "\ud83d\ude00 Denver beat Carolina.", "qas": [
          {"id": "q1", "question": "Who won?", "answers": [{"text": "Denver", "answer_start": 2}], "is_impossible": false},
          {"id": "q2", "question": "Why?", "answers": [], "plausible_answers": [{"text": "beat", "answer_start": 9}], "is_impossible": true}]}]}]}
        """;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Places_are_counted_in_code_points()
    {
        var questions = Passages.Read(new PassageOptions { Path = folder.Add("squad.json", Squad) }).Questions;
        Assert.Equal([("q1", 1), ("q2", 0)], questions.Select(q => (q.Id, q.Answers.Count)));
        Assert.Equal(new PassageAnswer("Denver", 3), questions[0].Answers[0]);
        Assert.Equal("Denver", questions[0].Context.Substring(3, 6));
    }

    [Fact]
    public void Lines_of_json_are_read_too()
    {
        var path = folder.Add("flat.jsonl", """
            {"id": "a", "context": "In 1889.", "question": "When?", "answers": {"text": ["1889", "In 1889"], "answer_start": [3, 0]}}
            {"id": "b", "context": "In 1889.", "question": "Who?", "answers": {"text": [], "answer_start": []}}
            """);
        var questions = Passages.Read(new PassageOptions { Path = path }).Questions;
        Assert.Equal([new PassageAnswer("1889", 3), new PassageAnswer("In 1889", 0)], questions[0].Answers);
        Assert.Empty(questions[1].Answers);
    }

    [Fact]
    public void An_answer_elsewhere_is_named_or_counted()
    {
        var path = folder.Add("squad.json", Squad.Replace("\"answer_start\": 2", "\"answer_start\": 20", StringComparison.Ordinal));
        Assert.Contains("answer 'Denver' of question q1, which is not at answer_start 20",
            Assert.Throws<MalformedFileException>(() => Passages.Read(new PassageOptions { Path = path })).Message, StringComparison.Ordinal);
        var skipped = Passages.Read(new PassageOptions { Path = path, SkipMismatched = true });
        Assert.Equal((1, 1), (skipped.Questions.Count, skipped.Mismatched));
        foreach (var start in new[] { "-1", "2147483647", "1" })
        {
            var other = folder.Add("other.json", Squad.Replace("\"answer_start\": 2", $"\"answer_start\": {start}", StringComparison.Ordinal));
            Assert.Throws<MalformedFileException>(() => Passages.Read(new PassageOptions { Path = other }));
        }
    }

    [Theory]
    [InlineData("{\"data\": 3}", "'data' in the file: 3; expected an array")]
    [InlineData("{\"data\": []}", "no question")]
    [InlineData("[]", "an array as the file")]
    [InlineData("{\"data\": [{\"paragraphs\": [{\"qas\": []}]}]}", "no field 'context' in the file, data[0], paragraphs[0]")]
    public void What_is_no_squad_is_named(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => Passages.Read(new PassageOptions { Path = folder.Add("x.json", json) })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Choices_are_read_from_arrays_and_columns()
    {
        var arrays = Choices.Read(new ChoiceOptions { Path = folder.Add("a.jsonl", "{\"prompt\": \"p\", \"choices\": [\"x\", \"y\"], \"label\": 1}") });
        Assert.Equal(("p", "y"), (arrays[0].Prompt, arrays[0].Texts[arrays[0].Right]));
        var swag = Choices.Read(
            ChoiceOptions.Swag(folder.Add("swag.csv",
            ",sent1,sent2,ending0,ending1,ending2,ending3,label\n0,\"He runs, fast.\",He,stops.,falls.,\"jumps, twice.\",sits.,2\n")));
        Assert.Equal(("He runs, fast.", "He jumps, twice."), (swag[0].Prompt, swag[0].Texts[swag[0].Right]));
        var copa = Choices.Read(
            ChoiceOptions.Copa(folder.Add("copa.jsonl", "{\"premise\": \"It rained.\", \"choice1\": \"wet\", \"choice2\": \"dry\", \"label\": 0}")));
        Assert.Equal("wet", copa[0].Texts[copa[0].Right]);
        string Refused(string json) =>
            Assert.Throws<MalformedFileException>(() => Choices.Read(new ChoiceOptions { Path = folder.Add("b.jsonl", json) })).Message;
        Assert.Contains("label '2' in line 1; expected the number of a choice, 0 to 1",
            Refused("{\"prompt\": \"p\", \"choices\": [\"x\", \"y\"], \"label\": 2}"), StringComparison.Ordinal);
        Assert.Contains("1 choice in line 1", Refused("{\"prompt\": \"p\", \"choices\": [\"x\"], \"label\": 0}"), StringComparison.Ordinal);
    }
}
