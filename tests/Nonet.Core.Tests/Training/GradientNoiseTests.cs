using Nonet.Data;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class GradientNoiseTests
{
    [Fact] // gradients (3, 0) and (1, 2) of one token each: mean of |g|² is (9 + 5) / 2 = 7; their mean is (2, 1), of 5
    public void The_noise_scale_of_two_gradients_is_what_a_hand_computes()
    {
        var noise = new GradientNoise(NormSmall: 7, NormBig: 5, BatchSmall: 1, BatchBig: 2);
        Assert.Equal(3, noise.SquaredGradient, 1e-12); // (2 · 5 − 1 · 7) / (2 − 1)
        Assert.Equal(4, noise.Trace, 1e-12); // (7 − 5) / (1 − 1/2)
        Assert.Equal(4.0 / 3, noise.Scale!.Value, 1e-12);
    }

    [Theory]
    [InlineData(8, 3)] // |G|² = (2 · 3 − 8) / 1 < 0: noise alone
    [InlineData(5, 6)] // tr Σ < 0
    public void Batches_that_do_not_tell_give_none(double small, double big) => Assert.Null(new GradientNoise(small, big, 1, 2).Scale);

    [Fact]
    public void Measured_norms_are_those_of_the_gradients_and_of_their_mean()
    {
        using var temporary = new TemporaryFolder();
        using var text = TinyLlama.Text(temporary["text.tokens"], repeats: 40);
        using var tiny = new TinyLlama();
        var (source, count) = (new BatchSource(text, context: 8, batch: 2, seed: 1), 3);
        var gradients = Enumerable.Range(4, count).Select(i => Gradient(tiny, source, i)).ToArray();
        var mean = Enumerable.Range(0, gradients[0].Length).Select(i => gradients.Average(g => g[i])).ToArray();

        var noise = GradientNoise.Measure(tiny.Model, source, first: 4, count);

        Assert.Equal((16, 48), (noise.BatchSmall, noise.BatchBig));
        Assert.Equal(gradients.Average(g => g.Sum(x => x * x)), noise.NormSmall, 1e-5 * noise.NormSmall);
        Assert.Equal(mean.Sum(x => x * x), noise.NormBig, 1e-5 * noise.NormBig);
        Assert.True(noise.NormBig < noise.NormSmall);
    }

    static double[] Gradient(TinyLlama tiny, BatchSource source, long index)
    {
        using var scope = new TensorScope();
        tiny.Parameters.ClearGradients();
        var (batch, targets) = MicroBatch.Read(source, index, tiny.Device);
        MicroBatch.Backward(tiny.Model, batch, targets, total: 16);
        tiny.Parameters.CompleteGradients();
        var gradient = tiny.Parameters.Gradients.ToDoubles();
        tiny.Parameters.ClearGradients();
        return gradient;
    }
}
