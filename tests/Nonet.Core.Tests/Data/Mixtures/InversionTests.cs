using Nonet.Data.Mixtures;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>Inverted rows hold all that they were made of.</summary>
public class InversionTests
{
    [Theory]
    [InlineData("How many?", "72", "48 / 2 = 24. 48 + 24 = 72."), InlineData("Why?\nAnswer: no", "yes", "The answer is not no. The answer is different."),
        InlineData("q", "(B) a.b", "r")]
    public void There_and_back_is_the_same(string input, string target, string rationale)
    {
        var row = Rows.Row(input, target, rationale);
        foreach (var kind in Enum.GetValues<InversionKind>())
        {
            var back = Inversion.Back(Inversion.Of(row, kind), kind);
            Assert.Equal((input, target, kind == InversionKind.QuestionFromAnswer ? null : rationale), (back.Input, back.Targets[0], back.Rationale));
        }
        Assert.Equal([InversionKind.QuestionFromAnswer], Inversion.KindsOf(Rows.Row("a", "b")));
    }

    [Fact]
    public void Every_row_of_the_chain_of_thought_sources_comes_back()
    {
        var folder = SharedFolder.Find("data/instruction/flan-cot");
        foreach (var file in Directory.GetFiles(folder, "*.tsv"))
        {
            var source = new RecordsSource
            {
                Path = file,
                Columns = ["question", "answer", "rationale"],
                Input = "{{ question }}",
                Target = "{{ answer }}",
                Rationale = "{{ rationale }}",
                Rows = 500
            };
            var task = new MixtureReader([], null!).Read(Rows.Options(Rows.Sub("cot") with { Sources = [source] }))[0][0];
            foreach (var row in task.Rows)
            {
                foreach (var kind in Inversion.KindsOf(row))
                {
                    var back = Inversion.Back(Inversion.Of(row, kind), kind);
                    Assert.Equal((row.Input, row.Targets[0]), (back.Input, back.Targets[0]));
                }
            }
        }
    }

    [Fact]
    public void An_inverted_copy_asks_for_what_the_row_gives()
    {
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a") with { Inverted = 1, FewShot = 0 }), [[Rows.Task("t", 9)]]);
        var number = Enumerable.Range(0, 100).First(i => mixture.DrawOf(i).Inversion is not null);
        var row = mixture.Shares[0].Task.Rows[mixture.DrawOf(number).Row];
        Assert.EndsWith(row.Input, mixture[number].Completion, StringComparison.Ordinal);
        Assert.Contains(row.Targets[0], mixture[number].Prompt, StringComparison.Ordinal);
        Assert.DoesNotContain(row.Input, mixture[number].Prompt, StringComparison.Ordinal);
    }
}
