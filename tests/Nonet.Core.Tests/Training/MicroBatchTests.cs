using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class MicroBatchTests
{
    [Fact]
    public void Unequal_parts_give_the_gradient_of_the_mean_over_all_tokens()
    {
        int[][] sequences = [TinyLlama.Ids(16, 1), TinyLlama.Ids(3, 2), TinyLlama.Ids(9, 3)];
        int[][] targets = [TinyLlama.Ids(16, 4), TinyLlama.Ids(3, 5), TinyLlama.Ids(9, 6)];
        targets[0][5] = targets[2][0] = targets[2][1] = -1; // not counted: 25 of 28 are

        var (loss, gradients) = Run(model =>
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var mean = model.Loss(Batch.Of(model.Parameters.Device, sequences), model.Parameters.Device.From(targets.SelectMany(t => t).ToArray()));
            mean.Backward();
            return mean.Item();
        });
        var (inParts, gradientsInParts) = Run(model =>
        {
            using var scope = new TensorScope();
            var device = model.Parameters.Device;
            return sequences.Zip(targets).Sum(part => MicroBatch.Backward(model, Batch.Of(device, part.First), device.From(part.Second), total: 25));
        });

        Assert.Equal(loss, inParts, 1e-5);
        var scale = gradients.Max(Math.Abs);
        for (var i = 0; i < gradients.Length; i++)
            Assert.Equal(gradients[i], gradientsInParts[i], 1e-5 * scale);

        static (double, double[]) Run(Func<Llama, double> backward)
        {
            using var tiny = new TinyLlama();
            var loss = backward(tiny.Model);
            return (loss, tiny.Parameters.Gradients.ToDoubles());
        }
    }

    [Fact]
    public void A_part_without_targets_adds_nothing()
    {
        using var tiny = new TinyLlama();
        using var scope = new TensorScope();
        var batch = Batch.Of(tiny.Device, TinyLlama.Ids(4));
        Assert.Equal(0, MicroBatch.Backward(tiny.Model, batch, tiny.Device.From([-1, -1, -1, -1]), 4));
        Assert.Equal(0, Ops.SumOfSquares(tiny.Parameters.Gradients));
        Assert.Throws<ArgumentException>(() => MicroBatch.Backward(tiny.Model, batch, tiny.Device.From([1, 2, 3, 4]), 3));
    }

    [Fact]
    public void Targets_are_the_next_tokens()
    {
        using var temporary = new TemporaryFolder();
        using var tiny = new TinyLlama();
        using var text = TinyLlama.Text(temporary["text.tokens"], 20);
        using var scope = new TensorScope();
        var (batch, targets) = MicroBatch.Read(new BatchSource(text, context: 16, batch: 3, seed: 1), 2, tiny.Device);
        Assert.Equal(3, batch.Sequences);
        for (var i = 0; i < 48; i++)
        {
            if (i % 16 != 15)
                Assert.Equal(batch.Ids.Values[i + 1], targets.Values[i]);
        }
    }
}
