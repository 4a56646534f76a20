using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

namespace Nonet.Tests.Scaling.Plans;

public sealed class ModelShapeTests
{
    [Theory]
    [InlineData(3e4), InlineData(3e5), InlineData(3e6), InlineData(1e8), InlineData(1e9), InlineData(7e10), InlineData(1e12)]
    public void A_shape_is_near_the_wanted_size_and_neither_thin_nor_flat(double parameters)
    {
        var shape = ModelShape.For(parameters, 256, ParameterCounting.All);
        Assert.InRange(shape.Parameters / parameters, 0.85, 1.2);
        Assert.Equal(12.0 * shape.Layers * shape.Width * shape.Width + 256.0 * shape.Width, shape.Parameters);
        Assert.InRange(shape.Layers, 2, 160);
        Assert.InRange((double)shape.Width / shape.Layers, 10, 260);
        Assert.Equal(0, shape.Width % shape.Heads);
        Assert.True(shape.Width / shape.Heads is 8 or 16 or 32 or 64 or 128);
    }

    [Fact]
    public void Shapes_of_published_sizes_are_like_the_published_ones()
    {
        Assert.InRange(ModelShape.For(8.5e7, 50257, ParameterCounting.NonEmbedding).Layers, 9, 15); // GPT-2: 12
        Assert.InRange(ModelShape.For(1.74e11, 50257, ParameterCounting.NonEmbedding).Layers, 80, 110); // GPT-3: 96
    }

    [Fact]
    public void Embeddings_are_counted_where_N_counts_them() =>
        Assert.True(ModelShape.For(1e7, 50257, ParameterCounting.All).NonEmbedding < 0.6 * ModelShape.For(1e7, 50257, ParameterCounting.NonEmbedding)
            .NonEmbedding);

    [Fact]
    public void Memory_is_sixteen_bytes_a_parameter_and_says_how_many_accelerators()
    {
        var shape = ModelShape.For(7e9, 32000, ParameterCounting.All);
        var need = MemoryNeed.Of(shape, 32000, 4096);
        Assert.Equal(16 * shape.Parameters, need.Weights);
        Assert.InRange(need.Accelerators(Accelerator.Find("h100")!), 2, 3);
        Assert.Equal(int.MaxValue, MemoryNeed.Of(shape, 32000, 1 << 20).Accelerators(Accelerator.Find("t4")!));
    }
}
