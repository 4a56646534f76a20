using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Tests.Calls;

public class CallReaderTests
{
    static readonly CallReader reader = new();

    [Fact]
    public void What_is_written_is_read()
    {
        var call = new ToolCall("Calculator", "(27 + 4) * 2");
        var text = "a" + CallMarks.Default.Write(call) + " b" + CallMarks.Default.Write(call, "62") + ".";
        Assert.Equal("a [Calculator((27 + 4) * 2)] b [Calculator((27 + 4) * 2) -> 62].", text);
        var found = reader.Find(text).ToArray();
        Assert.Equal([CallForm.Call, CallForm.CallWithResult], found.Select(f => f.Form));
        Assert.All(found, f => Assert.Equal(call, f.Call));
        Assert.Equal([null, "62"], found.Select(f => f.Result));
        Assert.Equal(" [Calculator((27 + 4) * 2)]", text[found[0].Start..found[0].End]);
        Assert.Equal("a b.", reader.Remove(text));
    }

    [Theory]
    [InlineData("see [1], [note] and [x(y) = z] here [ A(b)]")]
    [InlineData("f [")]
    [InlineData(" [1a(b)]")]
    public void Ordinary_brackets_are_no_calls(string text)
    {
        Assert.DoesNotContain(reader.Find(text), f => f.Call is not null);
        Assert.Equal(text, reader.Remove(text));
    }

    [Theory]
    [InlineData(" [QA(who", CallForm.Unclosed)]
    [InlineData(" [QA(who) -> ", CallForm.Unclosed)]
    [InlineData(" [QA(who\n) -> 1]", CallForm.Unclosed)]
    [InlineData(" [QA(who) -> 1\n]", CallForm.Unclosed)]
    [InlineData(" [QA((who) -> 1]", CallForm.Unclosed)]
    public void A_call_that_never_closes_is_said_to_be_so(string text, CallForm form)
    {
        var found = Assert.Single(reader.Find(text));
        Assert.Equal((form, null), (found.Form, found.Call));
    }

    [Fact]
    public void A_longer_call_than_allowed_is_unclosed() =>
        Assert.Equal([CallForm.Unclosed, CallForm.Call],
            reader.Find($" [QA({new string('a', 3000)})] [QA(b)]").Select(f => f.Form));

    [Theory]
    [InlineData(" [QA( [MT(a) -> b]) -> c]", "b")]
    [InlineData(" [QA(a) -> [MT(a) -> b]]", "b")]
    public void Of_nested_calls_the_inner_one_is_a_call(string text, string result)
    {
        var found = reader.Find(text).ToArray();
        Assert.Equal([CallForm.Nested, CallForm.CallWithResult], found.Select(f => f.Form));
        Assert.Equal((new ToolCall("MT", "a"), result), (found[1].Call, found[1].Result));
    }

    [Theory]
    [InlineData("Calculator(1 + 2)", "Calculator", "1 + 2")]
    [InlineData(" Calendar() ", "Calendar", "")]
    [InlineData("A(f(x))", "A", "f(x)")]
    [InlineData("A(x) y", null, null)]
    [InlineData("A(x", null, null)]
    [InlineData("(x)", null, null)]
    [InlineData("", null, null)]
    public void A_body_is_a_call_and_nothing_else(string body, string? tool, string? input)
    {
        var call = reader.Read(body);
        Assert.Equal((tool, input), (call?.Tool, call?.Input));
    }

    [Theory]
    [InlineData("Cal", true)]
    [InlineData(" calculator(1", true)]
    [InlineData("Calculator", true)]
    [InlineData("Calculators(", false)]
    [InlineData("1]", false)]
    [InlineData("", true)]
    public void A_text_that_becomes_no_call_is_noticed_early(string written, bool may) =>
        Assert.Equal(may, CallReader.MayBecomeCall(written, ["Calculator", "QA"]));

    [Theory]
    [InlineData("", "->", "]")]
    [InlineData(" [", "->", " [")]
    [InlineData("API", "->", "]")]
    [InlineData("<a b>", "->", "]")]
    public void Marks_that_cannot_be_told_apart_are_refused(string open, string arrow, string close) =>
        Assert.Throws<ArgumentException>(() => new CallReader(new CallMarks(open, arrow, close)));

    [Theory] // each would take minutes if the time were quadratic
    [InlineData(" [QA(")]
    [InlineData(" [")]
    [InlineData(" [QA()]")]
    [InlineData(" [QA(a) -> ")]
    [InlineData(" [QA()")]
    [InlineData("(")]
    public void The_time_is_linear(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 2_000_000 / piece.Length));
        var clock = ThreadClock.Start();
        foreach (var found in reader.Find(text))
            Assert.True(found.End > found.Start);
        clock.AssertAtMost(20);
    }
}
