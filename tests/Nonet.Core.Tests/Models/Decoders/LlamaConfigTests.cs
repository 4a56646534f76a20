using Nonet.Models.Decoders;

namespace Nonet.Tests.Models.Decoders;

public sealed class LlamaConfigTests
{
    [Theory] // the released models
    [InlineData(4096, 256, null, 11008)]
    [InlineData(5120, 256, null, 13824)]
    [InlineData(6656, 256, null, 17920)]
    [InlineData(8192, 256, null, 22016)]
    [InlineData(8192, 4096, 1.3, 28672)]
    [InlineData(4096, 1024, 1.3, 14336)]
    public void SwiGLU_is_as_wide_as_in_the_released_models(int width, int multipleOf, double? multiplier, int hidden) =>
        Assert.Equal(hidden, LlamaConfig.HiddenFor(width, multipleOf, multiplier));

    [Fact]
    public void SwiGLU_width_is_rounded_up() => Assert.Equal(352, LlamaConfig.HiddenFor(128, 32)); // 341.3
}
