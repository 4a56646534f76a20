using Nonet.Data;
using Nonet.Evaluation;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tests.Training;

namespace Nonet.Tests.Evaluation;

public class HeldOutTests
{
    [Theory]
    [InlineData(1), InlineData(40), InlineData(4096)]
    public void Every_token_counts_once_however_many_are_computed_at_once(int tokensAtOnce)
    {
        using var temporary = new TemporaryFolder();
        using var tiny = new TinyLlama();
        using var text = TinyLlama.Text(temporary["text.tokens"], 3); // 115 tokens: 7 windows of 16 and one of 2
        var loss = HeldOut.Evaluate(tiny.Model, new EvaluationWindows(text, 16), tokensAtOnce, TestContext.Current.CancellationToken);

        var ids = new int[text.Count];
        text.Read(0, ids);
        var nats = 0.0;
        for (var i = 0; i + 1 < ids.Length; i++)
        {
            using var scope = new TensorScope();
            var seen = ids[(i / 16 * 16)..(i + 1)]; // by the definition: one prediction at a time
            var logits = tiny.Model.Output(tiny.Model.Forward(Batch.Of(tiny.Device, seen))).ToDoubles()[^257..];
            nats += Math.Log(logits.Sum(Math.Exp)) - logits[ids[i + 1]];
        }
        Assert.Equal(ids.Length - 1, loss.Tokens);
        Assert.Equal(nats, loss.Nats, 1e-3);
    }

    [Fact]
    public void Bits_per_byte_and_perplexity_by_hand()
    {
        var loss = new HeldOutLoss(Nats: 100 * Math.Log(8), Tokens: 100); // 3 bits a token
        Assert.Equal(8, loss.Perplexity, 10);
        Assert.Equal(1.5, loss.BitsPerByte(200), 12);
    }
}
