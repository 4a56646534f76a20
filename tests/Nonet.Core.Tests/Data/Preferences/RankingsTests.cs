using Nonet.Data.Preferences;
using Nonet.Files;

namespace Nonet.Tests.Data.Preferences;

public class RankingsTests
{
    [Fact]
    public void Rankings_pairs_and_dialogues_are_read()
    {
        var rankings = Read("""{"prompt":"p","answers":["a","b","c"],"ranks":[2,1,2],"labeller":"x"}""", """{"prompt":"q","chosen":"good","rejected":"bad"}""",
            """{"chosen":"\n\nHuman: hi\n\nAssistant: yes","rejected":"\n\nHuman: hi\n\nAssistant: no"}""");
        Assert.Equal(["p", "q", "\n\nHuman: hi\n\nAssistant:"], rankings.Items.Select(r => r.Prompt));
        Assert.Equal(new HashSet<(string, string)> { ("b", "a"), ("b", "c") }, Pairs(rankings.Items[0]));
        Assert.Equal(new HashSet<(string, string)> { ("good", "bad") }, Pairs(rankings.Items[1]));
        Assert.Equal(new HashSet<(string, string)> { (" yes", " no") }, Pairs(rankings.Items[2]));
        Assert.Empty(rankings.Warnings);
    }

    [Fact]
    public void Lines_of_one_prompt_are_one_ranking()
    {
        var only = Assert.Single(
            Read("""{"prompt":"p","chosen":"a","rejected":"b"}""", """{"prompt":"p","chosen":"a","rejected":"c"}""",
            """{"prompt":"p","chosen":"a","rejected":"b"}""").Items);
        Assert.Equal(3, only.Answers.Count);
        Assert.Equal(new HashSet<(string, string)> { ("a", "b"), ("a", "c") }, Pairs(only));
    }

    [Fact]
    public void The_majority_decides_and_equal_votes_are_dropped()
    {
        var rankings = Read("""{"prompt":"p","chosen":"a","rejected":"b"}""", """{"prompt":"p","chosen":"b","rejected":"a"}""",
            """{"prompt":"p","chosen":"b","rejected":"a"}""",
            """{"prompt":"p","chosen":"c","rejected":"a"}""", """{"prompt":"p","chosen":"a","rejected":"c"}""");
        Assert.Equal(new HashSet<(string, string)> { ("b", "a") }, Pairs(Assert.Single(rankings.Items)));
        Assert.Equal(1, rankings.Contradictions);
        Assert.Contains("prefer either one", Assert.Single(rankings.Warnings));
    }

    [Fact]
    public void What_compares_nothing_is_counted_and_a_file_of_it_is_an_error()
    {
        const string one = """{"prompt":"p","answers":["a"],"ranks":[1]}""", ties = """{"prompt":"p","answers":["a","b"],"ranks":[1,1]}""",
            same = """{"prompt":"p","chosen":"a","rejected":"a"}""";
        var rankings = Read(one, ties, same, """{"prompt":"q","chosen":"","rejected":"b"}""");
        Assert.Equal("q", Assert.Single(rankings.Items).Prompt);
        Assert.Equal((3, 1), (rankings.WithoutPair, rankings.EmptyAnswers));
        Assert.Equal(2, rankings.Warnings.Count());
        Assert.Contains("no line that prefers one answer to another", Assert.Throws<MalformedFileException>(() => Read(one)).Message);
    }

    [Theory]
    [InlineData("""{"prompt":"p","answers":["a","b"],"ranks":[1]}""", "2 answers and 1 ranks in line 1")]
    [InlineData("""{"prompt":"p","answers":["a","b"],"ranks":[1,0]}""", "'ranks[1]' in line 1: 0")]
    [InlineData("""{"prompt":"p","answers":["a","b"],"ranks":[1,NaN]}""", "no line that prefers")]
    [InlineData("""{"prompt":"p","answers":["a","b"],"pairs":[[0,2]]}""", "'pairs[0]' in line 1")]
    [InlineData("""{"prompt":"p","answers":["a",3],"ranks":[1,2]}""", "'answers[1]' in line 1: 3")]
    [InlineData("""{"chosen":"x","rejected":"y"}""", "no '\\n\\nAssistant:' in the common beginning")]
    [InlineData("""{"prompt":"x"}""", "no field 'chosen' in line 1")]
    [InlineData("""{"prompt":""", "broken JSON in line 1")]
    public void A_malformed_line_is_named(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<MalformedFileException>(() => Read(line)).Message);

    [Fact]
    public void What_is_written_reads_back()
    {
        using var folder = new TemporaryFolder();
        Ranking[] rankings = [Ranking.Of("\n\nHuman: é\n\nAssistant:", [" a", " b", " c"], [1, 3, 2]),
            Ranking.Of("\n\nHuman: q\n\nAssistant:", ["x", ""], [2, 1])];
        foreach (var write in new Action<string, IEnumerable<Ranking>>[] { Rankings.Write, Rankings.WritePairs, Rankings.WriteDialogues })
        {
            write(folder["r.jsonl"], rankings);
            var back = Rankings.Read(new RankingOptions { Path = folder["r.jsonl"] });
            Assert.Equal(rankings.Select(r => r.Prompt), back.Items.Select(r => r.Prompt));
            Assert.All(rankings.Zip(back.Items), both => Assert.Equal(Pairs(both.First), Pairs(both.Second)));
        }
    }

    [Fact]
    public void The_human_pairs_are_read()
    {
        var file = SharedFolder.Find("data/preference/hh-rlhf/pairs.jsonl.gz");
        var rankings = Rankings.Read(new RankingOptions { Path = file });
        Assert.InRange(rankings.Items.Sum(r => r.Pairs.Count), 1700, 1800);
        Assert.All(rankings.Items, r => Assert.EndsWith("\n\nAssistant:", r.Prompt));
    }

    static HashSet<(string, string)> Pairs(Ranking ranking) => [.. ranking.Pairs.Select(p => (ranking.Answers[p.Better], ranking.Answers[p.Worse]))];

    static Rankings Read(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["r.jsonl"], lines);
        return Rankings.Read(new RankingOptions { Path = folder["r.jsonl"] });
    }
}
