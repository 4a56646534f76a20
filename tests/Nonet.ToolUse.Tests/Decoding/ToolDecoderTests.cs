using Nonet.Inference;
using Nonet.Text;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Decoding;

/// <summary>Decoding against scripted logits.</summary>
public class ToolDecoderTests
{
    const string Prompt = "The sum is";
    static readonly ByteTokenizer tokenizer = new();

    /// <summary>Marks of one token each for a tokenizer of bytes.</summary>
    static readonly CallMarks marks = new("[", "->", "]");

    [Theory] // the gate of the paper's k = 10
    [InlineData(1, 10, true)]
    [InlineData(2, 10, true)]
    [InlineData(10, 10, true)]
    [InlineData(11, 10, false)]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    public async Task A_call_begins_where_its_mark_is_among_the_likeliest(int rank, int topK, bool calls) =>
        Assert.Equal(calls ? "[Calculator(27 + 4 * 2) -> 35] 35." : rank == 1 ? "[Calculator(27 + 4 * 2) -> " : " unknown.",
            await Complete(rank, new ToolDecodingOptions { TopK = topK }));

    [Fact]
    public async Task Disabled_the_mark_is_never_written()
    {
        Assert.Equal(" unknown.", await Complete(1, new ToolDecodingOptions { MaxCalls = 0 }));
        Assert.Equal(" unknown.", await Complete(10, new ToolDecodingOptions { MaxCalls = 0 }));
    }

    [Theory] // a mark of two tokens, the first of which ordinary words need; the prompt may have begun it
    [InlineData("The sum is", " a a ")]
    [InlineData("The sum is ", "a a a")]
    public async Task Disabled_a_mark_of_two_tokens_is_never_written(string prompt, string expected)
    {
        var model = new LogitsModel(tokenizer.Vocab, before => // wants the mark at once and again, and a where it cannot have it
        {
            var logits = new float[tokenizer.Vocab];
            var text = tokenizer.Decode(before);
            logits[text.EndsWith(' ') ? '[' : ' '] = 100;
            logits['a'] = 50;
            return logits;
        });
        using var engine = new DecodingEngine(model, tokenizer, new EngineOptions { CacheTokens = 4096 });
        var disabled = new ToolDecodingOptions { MaxCalls = 0, Generation = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 5 } };
        var text = await new ToolDecoder(engine, tokenizer, new ToolRunner([new CalculatorTool()]))
            .CompleteAsync(prompt, disabled, TestContext.Current.CancellationToken);
        Assert.Equal(expected, text);
    }

    [Theory] // the model prefers the call to all other words, and then to write it as words, with a result of its own
    [InlineData("[Calculator(1111111111111111111111111111111111111111111111111111111111111111111111", 0)] // never closes
    [InlineData("[Calculator(2, [Calculator(1)) -> 3] 3.", 0)] // nested
    [InlineData("[Calculator(what) -> 3] 3.", 1)] // no result
    public async Task A_call_that_was_taken_back_is_not_written_as_words(string attempt, int calls)
    {
        foreach (var most in new[] { 1, 3 })
        {
            var runner = Runner(new CalculatorTool());
            var text = await Complete(1, new ToolDecodingOptions { MaxCalls = most }, runner, written =>
                written.Contains('[', StringComparison.Ordinal) ? attempt : " unknown.");
            Assert.Equal(" unknown.", text);
            Assert.Equal(Math.Min(most, 2 * calls), runner.Counts["Calculator"].Calls); // once more after the blank
        }
    }

    [Theory]
    [InlineData("[Calculator(1111111111111111111111111111111111111111111111111111111111111111111111", "it did not close within 64 tokens")]
    [InlineData("[Calculator(2, [Calculator(1)) -> 3] 3.", "another call begins inside it")]
    [InlineData("[Calculator(2\n) -> 3] 3.", "its line ended before it closed")]
    [InlineData("[Calculator(2", "the text ended before it closed")]
    [InlineData("[see above] and", null)] // ordinary words
    public async Task A_call_that_is_cut_off_is_told_with_the_reason(string attempt, string? reason)
    {
        var pieces = await Pieces(2, new ToolDecodingOptions(), Runner(new CalculatorTool()), written =>
            written.Contains('[', StringComparison.Ordinal) ? attempt : " unknown.");
        Assert.Equal(reason, pieces.Select(p => p.Unclosed).FirstOrDefault(u => u is not null)?.Reason);
        Assert.All(pieces.Select(p => p.Unclosed).OfType<UnclosedCall>(), u => Assert.StartsWith("Calculator(", u.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Attempts_are_counted() // a bracket is likely at the beginning, and after the blank
    {
        async Task<AttemptCounts> Counts(string attempt)
        {
            var counts = default(AttemptCounts);
            await Pieces(2, new ToolDecodingOptions(), Runner(new CalculatorTool()), written =>
                written.Contains(']', StringComparison.Ordinal) ? " 3." : written.Contains('[', StringComparison.Ordinal) ? attempt : " unknown.",
                counted: c => counts = c);
            return counts;
        }
        Assert.Equal(new AttemptCounts(2, 2, 0, 0), await Counts("[1] says"));
        Assert.Equal(new AttemptCounts(2, 2, 0, 0), await Counts("[Other(1) -> "));
        Assert.Equal(new AttemptCounts(2, 0, 2, 0), await Counts("[Calculator(1\n"));
        Assert.Equal(new AttemptCounts(1, 0, 0, 1), await Counts("[Calculator(1 + 2) -> "));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 3)] // after three, the model has nothing to add
    public async Task At_most_so_many_calls_are_run(int most, int run)
    {
        var runner = Runner(new FunctionTool("Calculator", _ => "35", isRepeatable: false));
        // wants a call until there are three
        var text = await Complete(1, new ToolDecodingOptions { MaxCalls = most }, runner, written =>
            Count(written) < 3 && !written.EndsWith('.') ? "[Calculator(1) -> " : " end.");
        Assert.Equal(string.Concat(Enumerable.Repeat("[Calculator(1) -> 35]", run)) + (run == 3 ? " end." : ""), text);
        Assert.Equal(run, runner.Counts["Calculator"].Calls);

        static int Count(string text) => text.Split(']').Length - 1;
    }

    [Theory]
    [InlineData("[Unknown(1) -> ")] // no such tool
    [InlineData("[see above] and")] // ordinary text
    [InlineData("[Calculator(1111111111111111111111111111111111111111111111111111111111111111111111")] // never closes
    [InlineData("[Calculator(1 -> ")] // nothing that can be read
    [InlineData("[Calculator([Calculator(1) -> ")] // nested
    public async Task What_becomes_no_call_is_taken_back(string attempt)
    {
        var runner = Runner(new CalculatorTool());
        // the mark is second: if the attempt is taken back, the model goes on with its first choice
        Assert.Equal(" unknown.", await Complete(2, new ToolDecodingOptions(), runner, written =>
            written.Contains('[', StringComparison.Ordinal) ? attempt : " unknown."));
        Assert.Equal(0, runner.Counts["Calculator"].Calls + runner.UnknownCalls);
    }

    public static TheoryData<string, ToolOutcome> Faults => new()
    {
        { "throw", ToolOutcome.Failed }, { "hang", ToolOutcome.TimedOut }, { "nothing", ToolOutcome.Nothing },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_call_without_a_result_is_taken_back_and_reported(string fault, ToolOutcome outcome)
    {
        var runner = new ToolRunner([new FunctionTool("Calculator", async (_, token) =>
        {
            if (fault == "hang")
                await Task.Delay(Timeout.Infinite, token);
            return fault == "throw" ? throw new InvalidOperationException("broken") : null;
        })], new ToolLimits { Timeout = fault == "hang" ? TimeSpan.FromMilliseconds(50) : Eventually.Limit }, marks);
        var pieces = await Pieces(10, new ToolDecodingOptions(), runner, Script);
        Assert.Equal(" unknown.", string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(outcome, Assert.Single(pieces, p => p.Result is not null).Result!.Value.Outcome);
    }

    [Fact]
    public async Task A_result_with_marks_of_calls_ends_nothing()
    {
        var runner = Runner(new FunctionTool("Calculator", _ => "3] [Calculator(1) -> \n 4]"));
        Assert.Equal("[Calculator(27 + 4 * 2) -> 3) (Calculator(1) 4)] 35.", await Complete(10, new ToolDecodingOptions(), runner, Script));
    }

    [Theory]
    [InlineData("[Calculator({\"a\": 1}) -> ", "{\"a\": 1}")] // the closing mark inside the input
    [InlineData("[Calculator(1 -> 2) -> ", "1 -> 2")] // the arrow inside it
    [InlineData("[Calculator( ( 1 ) ) } and", "( 1 )")] // closed without an arrow
    public async Task An_input_ends_where_its_parenthesis_closes(string attempt, string input)
    {
        var asked = "";
        var runner = new ToolRunner([new FunctionTool("Calculator", i => (asked = i) + "!")], marks: new CallMarks("[", "->", "}"));
        var pieces = await Pieces(2, new ToolDecodingOptions(), runner, written =>
            written.Contains("!}", StringComparison.Ordinal) ? " end." : written.Contains('[', StringComparison.Ordinal) ? attempt : " unknown.");
        Assert.Equal(input, asked);
        Assert.Equal(ToolOutcome.Answered, pieces.Single(p => p.Result is not null).Result!.Value.Outcome);
    }

    [Fact]
    public async Task The_stream_shows_the_call_and_its_result()
    {
        var pieces = await Pieces(10, new ToolDecodingOptions(), Runner(new CalculatorTool()), Script);
        var call = new ToolCall("Calculator", "27 + 4 * 2");
        Assert.Equal((call, null, ""), (pieces[0].Call, pieces[0].Result, pieces[0].Text));
        Assert.Equal((call, "35", "[Calculator(27 + 4 * 2) -> 35]"), (pieces[1].Call, pieces[1].Result!.Value.Text, pieces[1].Text));
        Assert.Equal([" ", "3", "5", ".", ""], pieces.Skip(2).Select(p => p.Text));
        Assert.Equal(StopReason.EndOfText, pieces[^1].Stop);
    }

    [Fact]
    public async Task A_mark_of_two_tokens_must_be_likely_token_by_token()
    {
        foreach (var (rank, text) in new[] { (10, " [Calculator(27 + 4 * 2) -> 35] 35."), (11, " unknown.") })
        {
            var runner = new ToolRunner([new CalculatorTool()]);
            Assert.Equal(text, await Complete(rank, new ToolDecodingOptions(), runner, Script));
        }
    }

    [Fact]
    public async Task Stop_texts_and_limits_hold_across_calls()
    {
        var stop = new ToolDecodingOptions { Generation = new GenerationOptions { Sampler = SamplerOptions.Greedy, StopTexts = ["5."] } };
        Assert.Equal("[Calculator(27 + 4 * 2) -> 35] 3", await Complete(10, stop));
        var limited = new ToolDecodingOptions { Generation = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 2 } };
        var pieces = await Pieces(10, limited, Runner(new CalculatorTool()), Script);
        Assert.Equal(("[Calculator(27 + 4 * 2) -> 35] 3", StopReason.MaxTokens), (string.Concat(pieces.Select(p => p.Text)), pieces[^1].Stop!.Value));
    }

    [Fact]
    public async Task A_result_that_does_not_fit_is_refused()
    {
        var pieces = await Pieces(10, new ToolDecodingOptions(), Runner(new FunctionTool("Calculator", _ => new string('9', 400))), Script, context: 64);
        Assert.Equal(" unknown.", string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(ToolOutcome.Refused, Assert.Single(pieces, p => p.Result is not null).Result!.Value.Outcome);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        foreach (var options in new[] { new ToolDecodingOptions { TopK = 0 }, new() { MaxCalls = -1 }, new() { MaxCallTokens = 0 } })
            await Assert.ThrowsAsync<ArgumentException>(() => Complete(1, options));
    }

    static ToolRunner Runner(params ITool[] tools) => new(tools, marks: marks);

    /// <summary>Wants to say that it does not know, unless it is in a call, or after its result.</summary>
    static string Script(string written) => written.Contains(']', StringComparison.Ordinal) ? " 35."
        : written.Contains('[', StringComparison.Ordinal) ? "[Calculator(27 + 4 * 2) -> " : " unknown.";

    static async Task<string> Complete(int rank, ToolDecodingOptions options, ToolRunner? runner = null, Func<string, string>? script = null) =>
        string.Concat((await Pieces(rank, options, runner ?? Runner(new CalculatorTool()), script ?? Script)).Select(p => p.Text));

    /// <param name="rank">Rank of the bracket where the text may continue with a call.</param>
    /// <param name="options">Of the decoder.</param>
    /// <param name="runner">The tools.</param>
    /// <param name="script">What the model wants to write after the last result, from what stands after the prompt.</param>
    /// <param name="context">Of the model.</param>
    /// <param name="counted">Told of the attempts.</param>
    static async Task<List<ToolPiece>> Pieces(int rank, ToolDecodingOptions options, ToolRunner runner, Func<string, string> script, int context = 1024,
        Action<AttemptCounts>? counted = null)
    {
        var model = new LogitsModel(tokenizer.Vocab, before =>
        {
            var text = tokenizer.Decode(before);
            var logits = new float[tokenizer.Vocab];
            logits[tokenizer.EndOfText] = 1; // ends where what it wants is forbidden
            if (!text.StartsWith(Prompt, StringComparison.Ordinal))
                return logits;
            var written = text[Prompt.Length..];
            var wanted = script(written);
            var rest = written[(written.LastIndexOf(']') + 1)..].TrimStart();
            var next = wanted.TrimStart().StartsWith(rest, StringComparison.Ordinal) ? wanted.TrimStart()[rest.Length..] : "";
            if (rest.Length == 0 && wanted[0] == ' ' && !written.EndsWith(' '))
                next = wanted;
            logits[next.Length == 0 ? tokenizer.EndOfText : next[0]] = 100;
            if (written.Trim().Length == 0) // here a call may begin: the bracket has the rank, capital letters those before it
            {
                logits['['] = rank == 1 ? 200 : 50;
                for (var i = 2; i < rank; i++)
                    logits['A' + i] = 60;
            }
            else if (next.Length == 0 || next[0] != '[')
                logits['['] = -50;
            return logits;
        })
        { Context = context };
        using var engine = new DecodingEngine(model, tokenizer, new EngineOptions { CacheTokens = 4096 });
        var pieces = new List<ToolPiece>();
        var decoder = new ToolDecoder(engine, tokenizer, runner);
        await foreach (var piece in decoder.StreamAsync(Prompt, options, TestContext.Current.CancellationToken))
            pieces.Add(piece);
        counted?.Invoke(decoder.Attempts);
        return pieces;
    }
}
