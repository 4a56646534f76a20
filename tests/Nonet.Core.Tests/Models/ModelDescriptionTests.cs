using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class ModelDescriptionTests
{
    [Fact]
    public void Like_parameters_of_blocks_share_a_line_and_the_totals_follow()
    {
        var config = TinyModels.LlamaConfig with { Layers = 12 }; // 10 sorts before 2 in the store
        var text = new Llama(config, new ParameterStore(TinyModels.Cpu).Root).Describe().ReplaceLineEndings("\n");
        Assert.Equal(
            """
            blocks/{0-11}/attention/key/weight      (12, 20)  12 x 240
            blocks/{0-11}/attention/output/weight   (20, 24)  12 x 480
            blocks/{0-11}/attention/query/weight    (24, 20)  12 x 480
            blocks/{0-11}/attention/value/weight    (12, 20)  12 x 240
            blocks/{0-11}/attention_norm/weight     (20)       12 x 20
            blocks/{0-11}/feed_forward/down/weight  (20, 37)  12 x 740
            blocks/{0-11}/feed_forward/gate/weight  (37, 20)  12 x 740
            blocks/{0-11}/feed_forward/up/weight    (37, 20)  12 x 740
            blocks/{0-11}/feed_forward_norm/weight  (20)       12 x 20
            norm/weight                             (20)            20
            output/weight                           (23, 20)       460
            tokens/weight                           (23, 20)       460
            45,340 parameters, 44,420 without embeddings and output

            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void Like_parameters_of_experts_share_a_line() =>
        Assert.Matches(@"blocks/\{0,2\}/feed_forward/experts/\{0-3\}/down/weight +\(20, 11\) +8 x 220\r?\n",
        TinyModels.Declare("qwen3moe", new ParameterStore(TinyModels.Cpu)).Describe());

    [Fact]
    public void A_single_block_keeps_its_number() =>
        Assert.Contains("blocks/0/attention/key/bias ", new Gpt(TinyModels.GptConfig with { Layers = 1 }, new ParameterStore(TinyModels.Cpu).Root).Describe(),
            StringComparison.Ordinal);
}
