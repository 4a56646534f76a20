using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class ConfigRulesTests
{
    static string GptError(GptConfig config) => Assert.Throws<ConfigException>(() => new Gpt(config, new ParameterStore(TinyModels.Cpu).Root)).Message;
    static string LlamaError(LlamaConfig config) => Assert.Throws<ConfigException>(() => new Llama(config, new ParameterStore(TinyModels.Cpu).Root)).Message;

    [Fact]
    public void A_width_that_heads_do_not_divide_is_named() =>
        Assert.Equal("GptConfig.Width is 20; expected a multiple of Heads, which is 3", GptError(TinyModels.GptConfig with { Heads = 3 }));

    [Fact]
    public void Heads_that_kv_heads_do_not_divide_are_named() =>
        Assert.Equal("LlamaConfig.Heads is 4; expected a multiple of KvHeads, which is 3", LlamaError(TinyModels.LlamaConfig with { KvHeads = 3 }));

    [Fact]
    public void An_odd_head_width_is_named() =>
        Assert.StartsWith("LlamaConfig.HeadWidth is 5; expected an even number", LlamaError(TinyModels.LlamaConfig with { HeadWidth = null }),
            StringComparison.Ordinal);

    [Fact]
    public void A_width_is_divided_by_heads_only_where_no_head_width_is_given() =>
        Assert.Equal("LlamaConfig.Width is 21; expected a multiple of Heads, which is 4",
            LlamaError(TinyModels.LlamaConfig with { Width = 21, HeadWidth = null }));

    [Fact]
    public void Counts_below_one_are_named()
    {
        Assert.Equal("GptConfig.Vocab is 0; expected at least 1", GptError(TinyModels.GptConfig with { Vocab = 0 }));
        Assert.Equal("GptConfig.Heads is 0; expected at least 1", GptError(TinyModels.GptConfig with { Heads = 0 }));
        Assert.Equal("LlamaConfig.Hidden is -4; expected at least 1", LlamaError(TinyModels.LlamaConfig with { Hidden = -4 }));
        Assert.Equal("LlamaConfig.Context is 0; expected at least 1", LlamaError(TinyModels.LlamaConfig with { Context = 0 }));
    }

    [Fact]
    public void Numbers_out_of_range_are_named()
    {
        Assert.Equal("GptConfig.Dropout is 1; expected at least 0 and below 1", GptError(TinyModels.GptConfig with { Dropout = 1 }));
        Assert.Equal("GptConfig.Epsilon is NaN; expected a finite number above 0", GptError(TinyModels.GptConfig with { Epsilon = float.NaN }));
        Assert.Equal("LlamaConfig.RopeBase is 1; expected a finite number above 1", LlamaError(TinyModels.LlamaConfig with { RopeBase = 1 }));
    }
}
