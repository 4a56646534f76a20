using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class NonFiniteTests
{
    [Fact]
    public void A_weight_comes_before_a_gradient_and_an_earlier_path_before_a_later()
    {
        var model = TinyModels.Filled(new Gpt(TinyModels.GptConfig, new ParameterStore(TinyModels.Cpu).Root), train: true);
        var parameters = model.Parameters.Parameters.ToArray();
        using (new TensorScope())
            MicroBatch.Backward(model, Batch.Of(TinyModels.Cpu, [1, 2, 3]), TinyModels.Cpu.From([2, 3, 4]), 3);
        Assert.Null(NonFinite.Find(model.Parameters));

        parameters[3].Value.Gradient!.AsSpan<float>()[1] = float.PositiveInfinity;
        parameters[5].Value.Gradient!.AsSpan<float>()[0] = float.NaN;
        Assert.Equal(new NonFinite(parameters[3].Path, Gradient: true, 1, double.PositiveInfinity), NonFinite.Find(model.Parameters));

        parameters[7].Value.AsSpan<float>()[2] = float.NaN;
        var found = NonFinite.Find(model.Parameters)!;
        Assert.Equal((parameters[7].Path, false, 2L), (found.Path, found.Gradient, found.Index));
        Assert.Equal($"the weight {parameters[7].Path} is NaN at element 2", found.ToString());
    }
}
