using Nonet.Evaluation;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Evaluation;

public class PerplexityTests
{
    /// <summary>
    /// Where the window begins that predicts token i: windows of 8 begin every stride tokens, and each token belongs to the first that reaches it.
    /// </summary>
    static int Begin(int i, int stride) => Math.Max(0, (i - 8 + stride) / stride * stride);

    [Theory]
    [InlineData(8), InlineData(4), InlineData(3), InlineData(1)]
    public void Every_token_is_predicted_once_from_those_before_it_in_its_window(int stride)
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(21);
        int[] text = [0, .. ids];
        var nats = 0.0;
        for (var i = 0; i < ids.Length; i++) // by the definition: one prediction at a time
        {
            using var scope = new TensorScope();
            var begin = Begin(i, stride);
            Assert.InRange(i - begin, i < 8 ? i : 8 - stride, 7);
            var logits = model.Output(model.Forward(Batch.Of(TinyModels.Cpu, text[begin..(i + 1)]))).ToDoubles()[^23..];
            nats += Math.Log(logits.Sum(Math.Exp)) - logits[ids[i]];
        }
        var loss = Perplexity.Measure(model, ids, start: 0, context: 8, stride, stopping: TestContext.Current.CancellationToken);
        Assert.Equal(21, loss.Tokens);
        Assert.Equal(nats, loss.Nats, 1e-3);
    }

    [Fact]
    public void Windows_that_cannot_be_are_refused()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Perplexity.Measure(model, [1], 0, context: 161, stride: 1, stopping: TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Perplexity.Measure(model, [1], 0, context: 8, stride: 9, stopping: TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => Perplexity.Measure(model, [], 0, context: 8, stride: 8, stopping: TestContext.Current.CancellationToken));
    }
}
