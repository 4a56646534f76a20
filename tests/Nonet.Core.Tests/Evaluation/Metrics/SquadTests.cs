using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public class SquadTests
{
    [Theory]
    [InlineData("The  Denver Broncos!", "denver broncos")]
    [InlineData("An apple a day, the-end", "apple day theend")] // punctuation goes before articles are looked for
    [InlineData("$1.50 (U.S.)", "150 us")]
    [InlineData("The\u2014Café", "\u2014café")] // other punctuation stays
    [InlineData("theatre", "theatre")]
    [InlineData("  a\tThe\n", "")]
    public void Answers_are_normalised(string answer, string normal) => Assert.Equal(normal, SquadAnswers.Normalize(answer));

    [Fact]
    public void Words_are_shared_as_often_as_they_stand()
    {
        Assert.Equal(2.0 * 2 / (3 + 2), SquadAnswers.F1("in Santa Clara", ["Santa Clara"]), 12);
        Assert.Equal(2.0 * 1 / (2 + 1), SquadAnswers.F1("no no", ["no"]), 12);
        Assert.Equal(1, SquadAnswers.F1("Paris", ["London", "the Paris."]));
        Assert.Equal(0, SquadAnswers.F1("", ["London"]));
        Assert.Equal(0, SquadAnswers.F1("the", ["London"]));
        Assert.Equal((1, true), (SquadAnswers.F1("", []), SquadAnswers.Exact("The", []))); // no answer, and none given
        Assert.Equal((0, false), (SquadAnswers.F1("Paris", []), SquadAnswers.Exact("Paris", [])));
        Assert.True(SquadAnswers.Exact("a Cat", ["dog", "cat!"]));
    }

    [Fact]
    public void Questions_without_an_answer_want_the_empty_one()
    {
        SquadPrediction[] items = [new("Paris", ["Paris"], 0.1), new("big Paris", ["Paris"], 0.6), new("Rome", [], 0.7), new("", [], 0.2)];
        var (all, answerable, unanswerable) = SquadScore.Of(items);
        Assert.Equal((4, 0.5), (all.Questions, all.Exact));
        Assert.Equal((1 + 2.0 / 3 + 0 + 1) / 4, all.F1, 12);
        Assert.Equal((2, 0.5, 2, 0.5), (answerable.Questions, answerable.Exact, unanswerable.Questions, unanswerable.F1));
        var (strict, _, none) = SquadScore.Of(items, threshold: 0.65);
        Assert.Equal((0.75, 1), (strict.Exact, none.Exact));
        Assert.Equal(default, SquadScore.Of([]).All);
    }

    /// <summary>In order of their no-answer scores: right, unanswerable and empty, F1 2/3 but not exact, unanswerable but answered.</summary>
    [Fact]
    public void The_best_threshold_is_found_as_the_script_of_squad_2_does()
    {
        SquadPrediction[] items = [new("Rome", [], 0.7), new("big Paris", ["Paris"], 0.6), new("", [], 0.2), new("Paris", ["Paris"], 0.1)];
        var (exact, exactThreshold, f1, f1Threshold) = SquadScore.Best(items); // sums 2, then 3, 3, 3 (F1: 3 2/3), then one less
        Assert.Equal((0.75, 0.1), (exact, exactThreshold));
        Assert.Equal((3 + 2.0 / 3) / 4, f1, 12);
        Assert.Equal(0.6, f1Threshold);
        Assert.Equal(f1, SquadScore.Of(items, f1Threshold).All.F1, 12);
        Assert.Equal((1, 0), (SquadScore.Best([new("x", [], 0.5)]).Exact, SquadScore.Best([new("x", [], 0.5)]).ExactThreshold));
    }

    [Theory]
    [InlineData("It was Paris, France.", "Paris", 5, true)]
    [InlineData("I think that it was Paris", "Paris", 5, false)]
    [InlineData("I think that it was Paris", "Paris", null, true)]
    [InlineData("Parisian", "Paris", 5, false)]
    [InlineData("the United States", "The United States", 5, true)]
    [InlineData("United", "United States", 5, false)]
    [InlineData("one", "", 5, false)]
    public void An_answer_is_found_among_the_first_words(string text, string answer, int? words, bool found) =>
        Assert.Equal(found, SquadAnswers.Contains(text, ["nobody", answer], words));
}
