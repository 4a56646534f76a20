using Nonet.Inference;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>Positions, samples, results and losses against numbers computed by hand.</summary>
public class AnnotatorTests
{
    const string Text = "1 + 2 is 3.", Template = "In: {text}\nOut:";
    static readonly Dictionary<string, double> chances = new() { [""] = .1, [" 1"] = .04, [" 1 + 2"] = .3, [" 1 + 2 is"] = .6 };
    static readonly CallMarks braces = new("{", "~", "}");
    static readonly AnnotatedTool calculator = new(new CalculatorTool(), new AnnotationPrompt(Template));

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory] // p(mark) is .1 before the text, .3 before " is", .6 before " 3", .04 before " +"
    [InlineData(0.05, 5, new[] { 0, 5, 8 }, new[] { .1, .3, .6 })]
    [InlineData(0.05, 2, new[] { 5, 8 }, new[] { .3, .6 })]
    [InlineData(0.2, 5, new[] { 5, 8 }, new[] { .3, .6 })]
    [InlineData(0.03, 1, new[] { 8 }, new[] { .6 })]
    [InlineData(0.7, 5, new int[0], new double[0])]
    public async Task Positions_are_those_above_the_threshold_and_of_these_the_likeliest(double threshold, int most, int[] tokens, double[] probabilities)
    {
        foreach (var marks in new[] { braces, CallMarks.Default }) // a mark of one token, and one of two
        {
            var trial = await Trial(calculator with { SampleThreshold = threshold, Positions = most, Calls = 1 }, marks);
            Assert.Equal(tokens, trial.Positions.Select(p => p.Token));
            Assert.Equal(tokens, trial.Positions.Select(p => p.At)); // a byte is a token
            Assert.Equal(probabilities, trial.Positions.Select(p => Math.Round(p.Probability, 4)));
            Assert.Equal(.6, trial.Likeliest, 4);
        }
    }

    [Fact]
    public async Task With_a_threshold_of_zero_as_many_positions_as_allowed_are_tried()
    {
        var trial = await Trial(calculator with { SampleThreshold = 0, Positions = 6, Calls = 1 }, CallMarks.Default);
        Assert.Equal(6, trial.Positions.Count);
        Assert.Subset(trial.Positions.Select(p => p.Token).ToHashSet(), new HashSet<int> { 0, 1, 5, 8 });
    }

    [Fact]
    public async Task Samples_are_read_run_and_scored()
    {
        var trial = await Trial(calculator with { SampleThreshold = 0.5, Calls = 4 }, braces);
        var sample = Assert.Single(Assert.Single(trial.Positions).Samples);
        Assert.Equal(("Calculator(1 + 2)", 4, true), (sample.Written, sample.Count, sample.IsClosed));
        Assert.Equal((new ToolCall("Calculator", "1 + 2"), ToolOutcome.Answered, "3"), (sample.Call, sample.Outcome, sample.Result));
        // three tokens are left, " 3.": their weights sum to (5 + 4 + 3) / 15; p is 1/2 after the result, 1/4 after the bare call, 1/8 without
        Assert.Equal(.8 * Math.Log(2), sample.WithResult!.Value, 1e-5);
        Assert.Equal(.8 * Math.Log(4), sample.WithoutResult!.Value, 1e-5);
        Assert.Equal(.8 * Math.Log(8), sample.WithoutCall!.Value, 1e-5);
        Assert.Equal(.8 * Math.Log(2), sample.Gain!.Value, 1e-5);
        Assert.True(sample.IsUseful(.55));
        Assert.False(sample.IsUseful(.56));
    }

    [Theory]
    [InlineData("Calculator(1 + 2", false, false)]        // goes on with line ends
    [InlineData("see above}", true, false)]
    [InlineData("Calendar()}", true, false)]              // another tool
    [InlineData("calculator( 1 + 2 )}", true, true)]
    [InlineData("Calculator(1 + 2) ~ 3}", true, true)]    // an arrow ends a call as well
    public async Task What_never_closes_or_is_no_call_of_the_tool_is_not_run(string written, bool isClosed, bool isCall)
    {
        var trial = await Trial(calculator with { SampleThreshold = 0.5, Calls = 2 }, braces, written);
        var sample = Assert.Single(Assert.Single(trial.Positions).Samples);
        Assert.Equal((isClosed, isCall, isCall), (sample.IsClosed, sample.Call is not null, sample.Outcome is not null));
        Assert.Equal(isCall ? new ToolCall("Calculator", "1 + 2") : null, sample.Call);
    }

    [Fact]
    public async Task Calls_that_ask_for_what_comes_later_are_dropped_if_the_tool_says_so()
    {
        foreach (var (input, looksAhead) in new[] { ("3", true), ("2", false), ("99", false) })
        {
            var trial = await Trial(calculator with { SampleThreshold = 0.5, Calls = 1, ForbidsLookAhead = true }, braces, $"Calculator({input})}}");
            var sample = trial.Positions[0].Samples[0];
            Assert.Equal((looksAhead, looksAhead), (sample.LooksAhead, sample.Outcome is null));
        }
    }

    [Fact]
    public async Task A_tool_that_throws_is_counted_and_the_others_go_on()
    {
        var broken = new FunctionTool("Calculator", _ => throw new InvalidOperationException("no batteries"));
        var trial = await Trial(new AnnotatedTool(broken, new AnnotationPrompt(Template)) { SampleThreshold = 0.5 }, braces);
        var sample = trial.Positions[0].Samples[0];
        Assert.Equal((ToolOutcome.Failed, null, null), (sample.Outcome, sample.Result, sample.Gain));
        Assert.Contains("no batteries", sample.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_calendar_tells_the_date_of_the_document()
    {
        var calendar = new AnnotatedTool(DocumentDate.Calendar(), new AnnotationPrompt(Template)) { SampleThreshold = 0.5, Calls = 1 };
        foreach (var date in new DateOnly?[] { new DateOnly(2023, 1, 30), null, new DateOnly(1999, 12, 31) })
        {
            var sample = (await Trial(calendar, braces, "Calendar()}", date)).Positions[0].Samples[0];
            Assert.Equal(date is { } day ? FormattableString.Invariant($"Today is {day:dddd, MMMM d, yyyy}.") : null, sample.Result);
        }
    }

    [Fact]
    public async Task Texts_keep_their_order_and_their_samples_do_not_depend_on_how_many_are_annotated_at_once()
    {
        async Task<string> Annotated(int atOnce)
        {
            // every digit is as likely as another: the samples differ
            var model = ScriptedModel.Of(text => text.EndsWith('{') ? Enumerable.Range('0', 10).ToDictionary(c => (char)c, _ => .1)
                : text.Length > 1 && text[^2] == '{' ? new() { ['}'] = 1 - 1e-9 } : new() { ['{'] = .5 });
            using var engine = new DecodingEngine(model, ScriptedModel.Tokenizer, new EngineOptions { CacheTokens = 1 << 14 });
            var annotator = new Annotator(engine, ScriptedModel.Tokenizer, [calculator], new SamplingOptions { AtOnce = atOnce }, marks: braces);
            var texts = Enumerable.Range(0, 9).Select(i => new AnnotationText(i, Text));
            var done = await annotator.AnnotateAsync(texts, Stop).ToListAsync(Stop);
            Assert.Equal(Enumerable.Range(0, 9), done.Select(t => t.Source.Number));
            return string.Join('\n',
                done.Select(t => string.Join(' ', t.Trials[0].Positions.SelectMany(p => p.Samples.Select(s => $"{s.Written}x{s.Count}")))));
        }
        var one = await Annotated(1);
        Assert.Equal(one, await Annotated(5));
        Assert.True(one.Split('\n').Distinct().Count() > 5, one); // the number of a text keys its samples
    }

    [Fact]
    public async Task A_text_that_does_not_fit_is_refused()
    {
        var model = ScriptedModel.Of(_ => new Dictionary<char, double>(), context: 64);
        using var engine = new DecodingEngine(model, ScriptedModel.Tokenizer);
        var annotator = new Annotator(engine, ScriptedModel.Tokenizer, [calculator]);
        var e = await Assert.ThrowsAsync<ArgumentException>(() => annotator.AnnotateAsync(new AnnotationText(7, Text), Stop));
        Assert.Contains("context is 64", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Annotator(engine, ScriptedModel.Tokenizer, []));
        Assert.Throws<ArgumentException>(() => new Annotator(engine, ScriptedModel.Tokenizer, [calculator with { Calls = 0 }]));
    }

    /// <summary>Tries a tool on the text. The model wants a call before the text, and before its characters 1, 5 and 8, and then writes one.</summary>
    static async Task<ToolTrial> Trial(AnnotatedTool tool, CallMarks marks, string? written = null, DateOnly? date = null)
    {
        var call = marks.Open + (written ?? "Calculator(1 + 2)" + marks.Close) + "\n\n";
        var model = ScriptedModel.Of(text =>
        {
            if (text.IndexOf("\nOut:", StringComparison.Ordinal) is >= 0 and var output)
            {
                var begun = text[(output + "\nOut:".Length)..];
                if (begun.IndexOf(marks.Open, StringComparison.Ordinal) is >= 0 and var at)
                    return ScriptedModel.Spell(call, begun[at..], 1 - 1e-9);
                if (marks.Open.Length == 2 && begun.EndsWith(' ') && chances.ContainsKey(begun[..^1]))
                    return new Dictionary<char, double> { [marks.Open[1]] = .999 };
                return chances.TryGetValue(begun, out var p) ? new Dictionary<char, double> { [marks.Open[0]] = marks.Open.Length == 2 ? p / .999 : p }
                    : new Dictionary<char, double>();
            }
            var after = text[(text.LastIndexOf(marks.Close, StringComparison.Ordinal) + 1)..];
            var chance = text.Contains($"{marks.Arrow} 3{marks.Close}", StringComparison.Ordinal) ? .5
                : text.Contains(marks.Close, StringComparison.Ordinal) ? .25 : .125;
            return ScriptedModel.Spell(Text, after, chance);
        });
        using var engine = new DecodingEngine(model, ScriptedModel.Tokenizer, new EngineOptions { CacheTokens = 1 << 14 });
        var annotator = new Annotator(engine, ScriptedModel.Tokenizer, [tool], new SamplingOptions { CallTokens = 30 }, marks: marks);
        return Assert.Single((await annotator.AnnotateAsync(new AnnotationText(0, Text) { Date = date }, Stop)).Trials);
    }
}
