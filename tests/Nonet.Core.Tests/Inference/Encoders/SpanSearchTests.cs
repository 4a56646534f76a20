using Nonet.Inference.Encoders;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Inference.Encoders;

public sealed class SpanSearchTests
{
    /// <summary>Every word is a token; ids in order.</summary>
    static readonly Tokenizer words = WordPieceTrainer.Train(["who came the old whale sailed to a red sea and met two ships there ."],
        new WordPieceTrainerOptions { Vocab = 400, MinFrequency = 1 }, threads: 1);

    /// <summary>[CLS] q [SEP] a b c d [SEP], each letter a token of the passage "a b c d".</summary>
    static PassageWindow Window(params bool[] context) => new(
        [
            new Token(2, 0, 0, 0, true), new Token(9, 0, 1), new Token(3, 0, 0, 0, true), new Token(10, 0, 1, 1), new Token(11, 2, 3, 1),
            new Token(12, 4, 5, 1), new Token(13, 6, 7, 1),
            new Token(3, 0, 0, 1, true),
        ], 3, 4, context.Length > 0 ? context : [true, true, true, true]);

    [Fact] // by hand: starts 1 5 2 0, ends 0 3 4 1 of a, b, c, d
    public void Spans_are_ordered_by_the_sum_of_their_logits()
    {
        var found = SpanSearch.Find([Window()], [[2, 99, 99, 1, 5, 2, 0, 99]], [[0.5f, 99, 99, 0, 3, 4, 1, 99]]);
        Assert.Equal(2.5, found.NullScore);
        Assert.Equal(new ScoredSpan(2, 5, 9), found.Spans[0]); // b c
        Assert.Equal(new ScoredSpan(2, 3, 8), found.Spans[1]); // b
        Assert.Equal(new ScoredSpan(2, 7, 6), found.Spans[2]); // b c d, and c alone with as much
        Assert.Equal(new ScoredSpan(4, 5, 6), found.Spans[3]);
    }

    [Fact]
    public void An_end_before_its_start_and_a_long_answer_are_none()
    {
        var found = SpanSearch.Find([Window()], [[0, 0, 0, 0, 0, 0, 9, 0]], [[0, 0, 0, 9, 0, 0, 0, 0]], new SpanOptions { MaxTokens = 1 });
        Assert.Equal(4, found.Spans.Count); // one of each token
        Assert.Equal([0, 6], found.Spans.Take(2).Select(s => s.Start).Order());
        Assert.All(found.Spans.Take(2), s => Assert.Equal(9, s.Score));
        Assert.Equal(10, SpanSearch.Find([Window()], [new float[8]], [new float[8]]).Spans.Count); // 4 + 3 + 2 + 1
        Assert.Single(SpanSearch.Find([Window()], [new float[8]], [new float[8]], new SpanOptions { Best = 1 }).Spans);
    }

    [Fact]
    public void A_start_counts_only_in_the_window_that_shows_most_around_it_and_the_null_score_is_the_least()
    {
        var found = SpanSearch.Find([Window(false, true, true, true), Window(true, false, false, false)],
            [[7, 0, 0, 50, 1, 0, 0, 0], [1, 0, 0, 3, 50, 50, 50, 0]], [[1, 0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 2, 0, 0, 0, 0]]);
        Assert.Equal(new ScoredSpan(0, 1, 5), found.Spans[0]);
        Assert.Equal(2, found.NullScore);
        Assert.Equal(-3, found.NullMargin);
    }

    [Fact]
    public void Logits_of_another_length_are_refused() =>
        Assert.Contains("8 tokens has 7", Assert.Throws<ArgumentException>(() => SpanSearch.Find([Window()], [new float[7]], [new float[7]])).Message,
            StringComparison.Ordinal);

    const string Passage = "the old whale sailed to a red sea and met two ships there .";

    [Fact] // 14 tokens; a window of 11 has 2 of the question, 3 marks and room for 6; stride 4: 0-5, 4-9, 8-13
    public void Windows_cover_the_passage_by_their_stride()
    {
        var windows = PassageWindows.Of(words, "who came", Passage, new WindowOptions { MaxLength = 11, Stride = 4 });
        Assert.Equal(["the old whale sailed to a", "to a red sea and met", "and met two ships there ."],
            windows.Select(w => Text(w, w.First, w.First + w.Count - 1)));
        Assert.All(windows, w => Assert.Equal(11, w.Tokens.Count));
        Assert.All(windows, w => Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], w.Tokens.Select(t => t.Type)));
        // "to" is 4 from the left and 1 from the right in the first, 0 from the left in the second; "a": 0 and 1
        Assert.Equal([true, true, true, true, true, false], windows[0].HasMostContext);
        Assert.Equal([false, true, true, true, true, false], windows[1].HasMostContext);
        Assert.Equal([false, true, true, true, true, true], windows[2].HasMostContext);
        Assert.Equal(Passage.Split(' ').Length, windows.Sum(w => w.HasMostContext.Count(c => c)));
    }

    [Fact]
    public void One_window_holds_a_short_passage_and_a_long_question_is_cut()
    {
        var whole = words.EncodeFull("who came", Passage);
        Assert.Equal(whole.Tokens, PassageWindows.Of(words, "who came", Passage).Single().Tokens);
        var cut = PassageWindows.Of(words, "who came to the red sea", Passage, new WindowOptions { MaxQuestion = 2 }).Single();
        Assert.Equal(whole.Ids, cut.Tokens.Select(t => t.Id));
        Assert.Contains("no room",
            Assert.Throws<ArgumentException>(() => PassageWindows.Of(words, "who came", Passage, new WindowOptions { MaxLength = 5 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("the passage is empty", Assert.Throws<ArgumentException>(() => PassageWindows.Of(words, "who", " ")).Message, StringComparison.Ordinal);
        Assert.Contains("the question is empty", Assert.Throws<ArgumentException>(() => PassageWindows.Of(words, "", Passage)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_tokens_of_an_answer_are_found_in_the_windows_that_hold_it()
    {
        var windows = PassageWindows.Of(words, "who came", Passage, new WindowOptions { MaxLength = 11, Stride = 4 });
        var (start, end) = PassageWindows.Locate("q1", Passage, Passage.IndexOf("red sea", StringComparison.Ordinal), "red sea");
        Assert.Null(windows[0].Find(start, end));
        var (first, last) = windows[1].Find(start, end)!.Value;
        Assert.Equal((6, 7), (first, last));
        Assert.Equal("red sea", Text(windows[1], first, last));
        Assert.Null(windows[2].Find(start, end));
        Assert.Equal((5, 5), windows[0].Find(5, 6)); // within a token
    }

    [Theory]
    [InlineData(4, "whale", "question q7: found 'old w' in the passage at 4; expected the answer 'whale'")]
    [InlineData(58, "ships", "question q7: found the answer 'ships' at 58")]
    [InlineData(-1, "the", "question q7: found the answer 'the' at -1")]
    [InlineData(int.MaxValue, "the", "question q7")]
    [InlineData(0, "", "question q7: found an empty answer")]
    public void An_answer_that_does_not_stand_there_is_named(int start, string answer, string message) =>
        Assert.StartsWith(message, Assert.Throws<InvalidDataException>(() => PassageWindows.Locate("q7", Passage, start, answer)).Message,
            StringComparison.Ordinal);

    static string Text(PassageWindow window, int first, int last) => Passage[window.Tokens[first].Start..window.Tokens[last].End];
}
