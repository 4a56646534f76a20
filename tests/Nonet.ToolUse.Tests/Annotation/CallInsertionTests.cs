using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>Which calls are kept, and the texts that are built of them.</summary>
public class CallInsertionTests
{
    const string Text = "On Monday 2 + 2 is 4.";

    static readonly AnnotatedText annotated = new(new AnnotationText(0, Text),
    [
        new ToolTrial("Calculator", .9,
        [
            new TriedPosition(9, 18, .9, [Scored("2 + 2", "4", 1.5), Scored("4", "4", 1.2), Scored("2 + 3", "5", -1), Unscored("2 +")]),
            new TriedPosition(2, 9, .1, [Scored("1", "1", .6)]),
        ]),
        new ToolTrial("Calendar", .5, [new TriedPosition(1, 2, .5, [Scored("", "Today is Monday, January 30, 2023.", 1, "Calendar")])]),
    ]);

    [Theory]
    [InlineData(1, 1, "On [Calendar() -> Today is Monday, January 30, 2023.] Monday 2 + 2 is [Calculator(2 + 2) -> 4] 4.")]
    [InlineData(.5, 2, "On Monday [Calculator(1) -> 1] 2 + 2 is [Calculator(2 + 2) -> 4] 4.")]
    [InlineData(2, 2, Text)]
    public void The_best_call_of_a_position_is_kept_and_tools_are_merged(double calculator, double calendar, string expected)
    {
        var kept = CallInsertion.Kept(annotated, new Dictionary<string, double> { ["Calculator"] = calculator, ["Calendar"] = calendar });
        Assert.Equal(expected, CallInsertion.Insert(Text, kept));
        Assert.Equal(Text, new CallReader().Remove(CallInsertion.Insert(Text, kept)));
    }

    [Fact]
    public void Calls_of_a_tool_without_a_threshold_are_left_out()
    {
        var kept = Assert.Single(CallInsertion.Kept(annotated, new Dictionary<string, double> { ["Calendar"] = 1 }));
        Assert.Equal("Calendar", kept.Call.Tool);
    }

    [Fact]
    public void At_one_position_calls_of_two_tools_stand_in_the_order_of_their_gains()
    {
        KeptCall[] calls = [new(2, new ToolCall("Calendar", ""), "Monday", 2), new(2, new ToolCall("QA", "Which day?"), "Monday", 1)];
        Assert.Equal("On [Calendar() -> Monday] [QA(Which day?) -> Monday] Monday 2 + 2 is 4.", CallInsertion.Insert(Text, calls));
        Assert.Throws<ArgumentException>(() => CallInsertion.Insert(Text, [calls[0] with { At = 99 }]));
        Assert.Throws<ArgumentException>(() => CallInsertion.Insert(Text, [calls[0] with { At = 5 }, calls[1]]));
    }

    static SampledCall Scored(string input, string result, double gain, string tool = "Calculator") => new($"{tool}({input})", 1, true)
    {
        Call = new ToolCall(tool, input),
        Outcome = ToolOutcome.Answered,
        Result = result,
        WithResult = 1,
        WithoutCall = 1 + gain,
        WithoutResult = 3 + gain, // the lower of the two is the baseline
    };

    static SampledCall Unscored(string written) => new(written, 1, false);
}
