using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Tools;

public class TranslationToolTests
{
    [Fact]
    public async Task The_result_is_the_translation()
    {
        using var device = new CpuDevice(1);
        using var parameters = new ParameterStore(device);
        var tokenizer = new ByteTokenizer();
        var config = new TransformerConfig
        {
            Vocab = tokenizer.Vocab + 1,
            Context = 64,
            EncoderLayers = 1,
            DecoderLayers = 1,
            Width = 16,
            EncoderHeads = 2,
            DecoderHeads = 2,
            EncoderHidden = 16,
            DecoderHidden = 16,
            StartToken = tokenizer.Vocab,
        };
        var model = (IEncoderDecoder)config.Create(parameters.Root);
        parameters.FillForTraining(3);
        var translator = new Translator(model, tokenizer, new TranslatorOptions { Beam = 2, MaxExtra = 5 });
        var tool = new TranslationTool(translator);
        Assert.Equal("MT", tool.Name);
        var expected = translator.Translate("Guten Tag", TestContext.Current.CancellationToken).Text;
        Assert.Equal(expected.Length == 0 ? null : expected, await tool.RunAsync("Guten Tag", TestContext.Current.CancellationToken));
        Assert.Null(await tool.RunAsync("", TestContext.Current.CancellationToken));
    }
}
