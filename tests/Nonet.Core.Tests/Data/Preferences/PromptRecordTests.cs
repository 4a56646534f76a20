using Nonet.Data.Preferences;
using Nonet.Files;

namespace Nonet.Tests.Data.Preferences;

/// <summary>Prompts that are texts or conversations, in every file that has prompts.</summary>
public sealed class PromptRecordTests : IDisposable
{
    const string Turns = """[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]""";
    const string Text = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:";
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string File(params string[] lines)
    {
        System.IO.File.WriteAllLines(folder["p.jsonl"], lines);
        return folder["p.jsonl"];
    }

    static string Last(string role, string text) => Turns[..^1] + $$""",{"role":"{{role}}","content":"{{text}}"}]""";

    [Fact]
    public void Prompts_are_texts_or_messages()
    {
        var prompts = Prompt.Read(
            File("""{"prompt":"p","answer":3}""", $$"""{"prompt":{{Turns}},"answer":"x"}""", $$"""{"messages":{{Last("assistant", "d")}}}""",
            $$"""{"prompt":"q","messages":{{Turns}}}"""));
        Assert.Equal(["p", Text, Text, "q"], prompts.Select(p => p.Text));
        Assert.Equal(["3", "x", "d", null], prompts.Select(p => p.Answer));
        Assert.Equal([0, 3, 3, 0], prompts.Select(p => p.Messages?.Count ?? 0));
    }

    [Fact]
    public void Rankings_have_prompts_and_answers_of_either_kind()
    {
        const string d = """[{"role":"assistant","content":"d"}]""";
        var rankings = Rankings.Read(new RankingOptions
        {
            Path = File($$"""{"prompt":{{Turns}},"chosen":{{d}},"rejected":"e"}""",
                $$"""{"chosen":{{Last("assistant", "d")}},"rejected":{{Last("assistant", "f")}}}""",
                $$"""{"messages":{{Turns}},"answers":["f","e"],"ranks":[1,2]}""")
        });
        var ranking = Assert.Single(rankings.Items); // one conversation, whichever way it is written
        Assert.Equal(Text, ranking.Prompt);
        Assert.Equal(["d", "e", "f"], ranking.Answers);
        Assert.Equal(3, ranking.Pairs.Count);
        Assert.Equal(3, ranking.Messages!.Count);
        foreach (var write in new Action<string, IEnumerable<Ranking>>[] { Rankings.Write, Rankings.WritePairs })
        {
            write(folder["out.jsonl"], rankings.Items);
            var back = Assert.Single(Rankings.Read(new RankingOptions { Path = folder["out.jsonl"] }).Items);
            Assert.Equal(ranking.Messages, back.Messages!);
            Assert.Equal(ranking.Answers.Count, back.Answers.Count);
        }
        Rankings.WriteDialogues(folder["out.jsonl"], rankings.Items);
        Assert.Equal(Text, Assert.Single(Rankings.Read(new RankingOptions { Path = folder["out.jsonl"] }).Items).Prompt);
    }

    [Fact]
    public void Demonstrations_and_candidates_have_conversations_too()
    {
        var demonstrations = Demonstration.Read(File($$"""{"messages":{{Last("assistant", "d")}}}""", $$"""{"prompt":{{Turns}},"answer":"e"}"""));
        Assert.Equal([(Text, "d", 3), (Text, "e", 3)], demonstrations.Select(d => (d.Prompt, d.Answer, d.Messages!.Count)));
        var candidates = Candidates.Read(File($$"""{"prompt":{{Turns}}}""", $$"""{"messages":{{Turns}},"answers":["x","y"]}"""));
        Assert.Equal([(Text, 0, 3), (Text, 2, 3)], candidates.Select(c => (c.Prompt, c.Answers.Count, c.Asked.Messages!.Count)));
    }

    [Theory]
    [InlineData("""{"prompt":[{"role":"assistant","content":"a"}]}""", "")]
    [InlineData("""{"prompt":[]}""", "")]
    [InlineData("""{"prompt":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}""", "roles out of order")]
    [InlineData("""{"prompt":[{"role":"king","content":"a"}]}""", "a message of the role 'king'")]
    [InlineData("""{"prompt":["a"]}""", "'prompt[0]' in line 1")]
    [InlineData("""{"prompt":[{"role":"user","content":"a"}],"tools":[]}""", "tools in line 1")]
    [InlineData("""{"prompt":3}""", "'prompt' in line 1: 3")]
    [InlineData("""{"text":"a"}""", "no field 'prompt' in line 1")]
    public void A_malformed_prompt_is_named(string line, string expected)
    {
        var error = Assert.Throws<MalformedFileException>(() => Prompt.Read(File(line)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("line 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":"p","chosen":[{"role":"user","content":"a"}],"rejected":"b"}""", "'chosen' in line 1")]
    [InlineData("""{"chosen":[{"role":"user","content":"a"}],"rejected":[{"role":"user","content":"b"}]}""", "'chosen' in line 1")]
    [InlineData("""{"chosen":[{"role":"user","content":"a"},{"role":"assistant","content":"x"}],"rejected":[{"role":"user","content":"b"},{"role":"assistant","content":"y"}]}""", "differ before their last turns")]
    public void Malformed_answers_are_named(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => Rankings.Read(new RankingOptions { Path = File(line) })).Message,
            StringComparison.Ordinal);
}
