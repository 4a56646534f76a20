using System.Globalization;
using Nonet.Inference;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Decoding;

/// <summary>Decoding with a model that was trained to call, and not only with scripted logits.</summary>
public sealed class TrainedCallerTests(TrainedCaller caller) : IClassFixture<TrainedCaller>
{
    static readonly GenerationOptions line = new() { Sampler = SamplerOptions.Greedy, MaxTokens = 40, StopTexts = ["\n"] };

    [Fact]
    public async Task With_its_tool_the_model_is_right_on_sums_that_it_has_not_seen()
    {
        var (enabled, calls) = await Right(new ToolDecodingOptions { Generation = line });
        var (disabled, none) = await Right(new ToolDecodingOptions { Generation = line, MaxCalls = 0 });
        Assert.True(enabled >= 0.9, $"{enabled:P0} right with the tool, {disabled:P0} without");
        Assert.True(disabled <= enabled - 0.3, $"{enabled:P0} right with the tool, {disabled:P0} without");
        Assert.Equal((1.0, 0.0), (calls, none));
    }

    [Fact]
    public async Task The_rate_of_calls_rises_with_k()
    {
        var last = 0.0;
        foreach (var k in new[] { 1, 3, 10 })
        {
            var (_, rate) = await Right(new ToolDecodingOptions { Generation = line, TopK = k });
            Assert.True(rate >= last, $"k = {k}: {rate:P0} after {last:P0}");
            last = rate;
        }
    }

    /// <summary>The share of right sums, and of texts with a call.</summary>
    async Task<(double Right, double Calls)> Right(ToolDecodingOptions options)
    {
        using var model = LanguageModel.Open(caller.Folder);
        var tools = new ToolRunner([new CalculatorTool()]);
        var decoder = new ToolDecoder(model, tools);
        var (right, calls, all) = (0, 0, 0);
        foreach (var (a, b) in TrainedCaller.HeldOut)
        {
            var text = await decoder.CompleteAsync(string.Create(CultureInfo.InvariantCulture, $"1+1= 2.\n{a}+{b}="), options,
                TestContext.Current.CancellationToken);
            Assert.Equal(options.MaxCalls > 0, text.Contains(" [", StringComparison.Ordinal));
            var called = new CallReader().Find(text).Count(f => f.Form == CallForm.CallWithResult);
            Assert.True(called <= options.MaxCalls, text);
            (right, calls, all) = (right + (new CallReader().Remove(text).Trim() == $"{a + b}." ? 1 : 0), calls + called, all + 1);
        }
        Assert.Equal(calls, tools.Counts["Calculator"].Answered);
        return ((double)right / all, (double)calls / all);
    }
}
