using Nonet.Files;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>What is counted of an annotation, and what is said of a stage that lets nothing through; shards.</summary>
public class FunnelTests
{
    static readonly AnnotatedTool tool = new(new CalculatorTool(), new AnnotationPrompt("{text}"));

    static readonly SampledCall open = new("Calculator(1", 2, false), other = new("Calendar()", 3, true);
    static readonly SampledCall ahead = new("Calculator(7)", 1, true) { Call = new ToolCall("Calculator", "7"), LooksAhead = true };
    static readonly SampledCall failed =
        new("Calculator(x)", 1, true) { Call = new ToolCall("Calculator", "x"), Outcome = ToolOutcome.Nothing };

    [Fact]
    public void Every_stage_is_counted()
    {
        var counter = new FunnelCounter("Calculator", 1, [.5, 2]);
        counter.AddTexts(10);
        counter.Add(Text(0, .4, [open, other, ahead, failed, Scored(.5, 4), Scored(1)], [Scored(1.5)]));
        counter.Add(Text(1, .3, [Scored(.7)]));
        counter.Add(Text(2, .01));
        counter.AddInserted(2);
        counter.AddInserted(0);
        var funnel = counter.ToFunnel();
        Assert.Equal((10, 3, 2, 3), (funnel.Texts, funnel.Chosen, funnel.TextsWithPositions, funnel.Positions));
        Assert.Equal((14, 12, 9, 6, 1), (funnel.Sampled, funnel.Closed, funnel.Parsed, funnel.Calls, funnel.LookingAhead));
        Assert.Equal((4, 1), (funnel.Answered, funnel.Outcomes[ToolOutcome.Nothing]));
        Assert.Equal([new KeptCount(.5, 4, 2), new KeptCount(1, 2, 1), new KeptCount(2, 0, 0)], funnel.Kept);
        Assert.Equal((2, 1, .4, 1.5), (funnel.Inserted, funnel.Examples, funnel.Likeliest, funnel.HighestGain));
        Assert.Null(funnel.Blocked);
        Assert.Null(FunnelReason.Of(funnel, tool, 64));
        Assert.Equal(Enum.GetValues<FunnelStage>(), funnel.Seen.Keys.Order());
    }

    public static TheoryData<int, FunnelStage, string[]> Blocks => new()
    {
        { 0, FunnelStage.Chosen, ["none of the 5 texts"] },
        { 1, FunnelStage.Positions, ["nowhere likelier than 1.0e-2", "sample_threshold is 0.05"] },
        { 2, FunnelStage.Closed, ["None of 2 samples closed within 64 tokens"] },
        { 3, FunnelStage.Parsed, ["None of 3 closed samples", "Calculator(...)"] },
        { 4, FunnelStage.Allowed, ["All 1 calls"] },
        { 5, FunnelStage.Answered, ["None of 1 calls has a result: 1 ended as Nothing"] },
        { 6, FunnelStage.Kept, ["by 1:", "0.90"] },
    };

    [Theory, MemberData(nameof(Blocks))]
    public void A_stage_that_lets_nothing_through_is_named_with_a_reason_and_examples(int which, FunnelStage stage, string[] says)
    {
        var counter = new FunnelCounter("Calculator", 1, [.5]);
        counter.AddTexts(5);
        SampledCall?[] samples = [null, null, open, other, ahead, failed, Scored(.9)];
        if (which > 0)
            counter.Add(samples[which] is { } sample ? Text(0, .3, [sample]) : Text(0, .01));
        var funnel = counter.ToFunnel();
        Assert.Equal(stage, funnel.Blocked);
        var reason = FunnelReason.Of(funnel, tool, 64)!;
        Assert.All(says, part => Assert.Contains(part, reason, StringComparison.Ordinal));
        Assert.Equal(which > 0, funnel.Seen.ContainsKey(stage));
        if (which > 1)
            Assert.Equal((samples[which]!.Written, "One is", " two."),
                (funnel.Seen[stage][0].Written, funnel.Seen[stage][0].Before, funnel.Seen[stage][0].After));
    }

    [Fact]
    public void A_shard_is_read_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var first = Text(0, .1 + .2, [open, other, ahead, failed, Scored(1.0 / 3)]);
        first = first with { Source = first.Source with { Date = new DateOnly(2023, 1, 30) } };
        AnnotatedText[] texts = [first, new AnnotatedText(new AnnotationText(1, "Käse 😀"), []), Text(2, .01)];
        AnnotationShard.Write(folder["a.jsonl"], texts);
        Assert.Equal(3, AnnotationShard.ReadHead(folder["a.jsonl"]).Texts);
        var read = AnnotationShard.Read(folder["a.jsonl"]).ToArray(); // the text that no tool was tried on has no line
        AnnotationShard.Write(folder["b.jsonl"], [read[0], texts[1], read[1]]);
        Assert.Equal(File.ReadAllText(folder["a.jsonl"]), File.ReadAllText(folder["b.jsonl"]));
        AnnotationShard.ReadHead(folder["a.jsonl"]).Require("a.jsonl", texts.Select(t => t.Source));
        Assert.Contains("a.jsonl", Assert.Throws<MalformedFileException>(() =>
            AnnotationShard.ReadHead(folder["a.jsonl"]).Require("a.jsonl", texts.Select(t => t.Source with { Text = "x" }))).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["c.jsonl"], File.ReadAllText(folder["a.jsonl"])[..^20]);
        Assert.Contains("line 3", Assert.Throws<MalformedFileException>(() => AnnotationShard.Read(folder["c.jsonl"]).ToArray()).Message,
            StringComparison.Ordinal);
        folder.Add("d.jsonl", "");
        Assert.Throws<MalformedFileException>(() => AnnotationShard.ReadHead(folder["d.jsonl"]));
    }

    static AnnotatedText Text(int number, double likeliest, params SampledCall[][] positions) => new(new AnnotationText(number, "One is two."),
        [new ToolTrial("Calculator", likeliest, [.. positions.Select((samples, i) => new TriedPosition(i + 6, 6, likeliest, samples))])]);

    static SampledCall Scored(double gain, int count = 1) => new("Calculator(1 + 1)", count, true)
    {
        Call = new ToolCall("Calculator", "1 + 1"),
        Outcome = ToolOutcome.Answered,
        Result = "2",
        WithResult = 1,
        WithoutCall = 1 + gain,
        WithoutResult = 2 + gain,
    };
}
