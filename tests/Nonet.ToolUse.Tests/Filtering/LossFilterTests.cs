using Nonet.Inference;
using Nonet.Text;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Filtering;

namespace Nonet.ToolUse.Tests.Filtering;

/// <summary>The loss filter of Toolformer against numbers computed by hand.</summary>
public class LossFilterTests
{
    const string Text = "the sum is 35 now";
    static readonly int position = Text.IndexOf("35", StringComparison.Ordinal);
    static readonly ToolCall call = new("Calculator", "27 + 4 * 2");
    static readonly ByteTokenizer tokenizer = new();

    static readonly List<string> seen = [];

    [Fact]
    public void Weights_are_those_of_the_paper_and_sum_to_one()
    {
        double[] printed = [.333, .267, .2, .133, .067];
        Assert.All(printed.Index(), w => Assert.Equal(w.Item, LossWeights.Of(w.Index), 0.0005));
        Assert.All(Enumerable.Range(0, 50), t => Assert.Equal(Math.Max(0, 1 - .2 * t) / 3, LossWeights.Of(t), 1e-15));
        Assert.Equal(1, Enumerable.Range(0, 50).Sum(LossWeights.Of), 1e-15);
    }

    [Fact]
    public void A_loss_is_minus_the_weighted_log_likelihood()
    {
        // p = 1/2, 1/4, 1/8, 1/16, 1/32: ln 2 (5 * 1 + 4 * 2 + 3 * 3 + 2 * 4 + 1 * 5) / 15 = 7/3 ln 2; the sixth token has no weight
        Assert.Equal(7.0 / 3 * Math.Log(2), LossWeights.Loss([-Math.Log(2), -Math.Log(4), -Math.Log(8), -Math.Log(16), -Math.Log(32), -99]), 1e-14);
        // at the end of a text the weights are not normalised again: (5 + 4) / 15 ln 2
        Assert.Equal(0.6 * Math.Log(2), LossWeights.Loss([-Math.Log(2), -Math.Log(2)]), 1e-14);
    }

    [Theory] // probability of each token with the result, after the bare call, without a call; L+, L-, in units of ln 2
    [InlineData(0.5, 0.25, 0.125, 1, 2)]   // the bare call is the better baseline
    [InlineData(0.5, 0.125, 0.25, 1, 2)]   // the text alone is the better baseline
    [InlineData(0.25, 0.5, 0.25, 2, 1)]    // the call's words help, its result does not
    [InlineData(0.5, 0.0625, 0.5, 1, 1)]   // no use
    public async Task Losses_are_those_computed_by_hand(double withResult, double bare, double alone, double plus, double minus)
    {
        var scored = Assert.Single(await Score([new CallCandidate(tokenizer.EncodePlain(Text), position, call, "35")], withResult, bare, alone));
        Assert.Equal(plus * Math.Log(2), scored.WithResult, 1e-5);
        Assert.Equal(minus * Math.Log(2), scored.Baseline, 1e-5);
        Assert.Equal(Math.Min(scored.WithoutCall, scored.WithoutResult), scored.Baseline);
        Assert.Equal((minus - plus) * Math.Log(2), scored.Gain, 1e-5);
    }

    [Fact]
    public void A_gain_at_the_threshold_is_kept()
    {
        var scored = new ScoredCall(new CallCandidate([1], 0, call, "35"), 0.5, 2, 1.5);
        Assert.True(scored.IsUseful(1));
        Assert.False(scored.IsUseful(1.0001));
    }

    [Fact]
    public async Task The_call_stands_before_the_whole_text()
    {
        await Score([new CallCandidate(tokenizer.EncodePlain(Text), position, call, "35")], 0.5, 0.25, 0.125);
        lock (seen)
        {
            Assert.Contains("<> [Calculator(27 + 4 * 2) -> 35]the sum is ", seen);
            Assert.Contains("<> [Calculator(27 + 4 * 2)]the sum is ", seen);
            Assert.Contains("<>the sum is ", seen);
            Assert.DoesNotContain(seen, s => s.Contains("is [", StringComparison.Ordinal) || s.Contains("is  [", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Calls_of_one_position_share_the_text_without_a_call()
    {
        var text = tokenizer.EncodePlain(Text);
        CallCandidate[] candidates = [new(text, position, call, "35"), new(text, position, call, "36"), new(text, position + 1, call, "35")];
        var scored = await Score(candidates, 0.5, 0.25, 0.125);
        Assert.Equal(candidates, scored.Select(s => s.Candidate));
        Assert.All(scored, s => Assert.Equal(Math.Log(8), s.WithoutCall, 1e-5));
        Assert.Equal([Math.Log(2), Math.Log(4), Math.Log(2)], scored.Select(s => Math.Round(s.WithResult, 5)), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public async Task A_text_beyond_the_context_loses_its_beginning_in_all_three()
    {
        var longer = tokenizer.EncodePlain(new string('x', 300) + Text);
        var scored = Assert.Single(await Score([new CallCandidate(longer, 300 + position, call, "35")], 0.5, 0.25, 0.125, context: 100));
        Assert.Equal(Math.Log(2), scored.WithResult, 1e-5);
        var e = await Assert.ThrowsAsync<ArgumentException>(() => Score([new CallCandidate(longer, 300, call, new string('9', 90))], .5, .5, .5, context: 100));
        Assert.Contains("context is 100", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_position_after_the_text_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Score([new CallCandidate([65], 1, call, "35")], .5, .5, .5));

    static async Task<List<ScoredCall>> Score(CallCandidate[] candidates, double withResult, double bare, double alone, int context = 1024)
    {
        var model = new LogitsModel(tokenizer.Vocab, before =>
        {
            var text = "<>" + tokenizer.Decode([.. before.Skip(1)]);
            lock (seen)
                seen.Add(text);
            var p = text.Contains("-> 35]", StringComparison.Ordinal) ? withResult : text.Contains(']', StringComparison.Ordinal) ? bare : alone;
            // the next character of the text after what is read of it
            var read = text[(text.LastIndexOf(']') + 1)..];
            var at = read.LastIndexOf("the sum", StringComparison.Ordinal);
            var logits = new float[257];
            if (at >= 0 && read.Length - at < Text.Length)
                logits[Text[read.Length - at]] = (float)(Math.Log(p) - Math.Log((1 - p) / 256));
            return logits;
        })
        { Context = context };
        using var engine = new DecodingEngine(model, tokenizer, new EngineOptions { CacheTokens = 4096 });
        var filter = new LossFilter(engine, tokenizer);
        return await filter.ScoreAsync(candidates, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }
}
