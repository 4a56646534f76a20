using Nonet.Inference;
using Nonet.Inference.Beams;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference;

public class TranslatorTests
{
    static readonly TransformerConfig Config = new()
    {
        Vocab = 260,
        Context = 24,
        EncoderLayers = 1,
        DecoderLayers = 1,
        Width = 20,
        EncoderHeads = 2,
        DecoderHeads = 2,
        EncoderHidden = 33,
        DecoderHidden = 33,
        StartToken = 258,
    };

    static readonly string[] Lines = ["a house", "", "the sea is blue", "  ", "b", "a line that is longer than the model's positions", "x y"];

    static IEncoderDecoder Model() => TinyModels.Filled((IEncoderDecoder)Config.Create(new ParameterStore(TinyModels.Cpu).Root), train: false);

    static async Task<List<Translation>> Translate(TranslatorOptions options)
    {
        var translations = new List<Translation>();
        await foreach (var translation in new Translator(Model(), new ByteTokenizer(), options).Translate(Lines, TestContext.Current.CancellationToken))
            translations.Add(translation);
        return translations;
    }

    [Theory, InlineData(4000), InlineData(20), InlineData(1)]
    public async Task Translations_come_in_order_and_do_not_depend_on_how_lines_are_grouped(int batchTokens)
    {
        var got = await Translate(new TranslatorOptions { Beam = 3, MaxExtra = 5, BatchTokens = batchTokens });
        var search = new BeamSearch(Model(), new BeamOptions { Beam = 3, MaxExtra = 5, EndToken = 256, Vocab = 257 });
        Assert.Equal(Lines.Length, got.Count);
        for (var i = 0; i < Lines.Length; i++)
        {
            Assert.Equal(i == 5, got[i].Cut);
            if (string.IsNullOrWhiteSpace(Lines[i]))
            {
                Assert.Equal(("", 0), (got[i].Text, got[i].Outputs.Count));
                continue;
            }
            var ids = new ByteTokenizer().EncodeSource(Lines[i]);
            var want = search.Run(ids.Length > 24 ? [.. ids[..23], 256] : ids, TestContext.Current.CancellationToken); // the end mark is kept
            Assert.Equal(want.Select(h => (new ByteTokenizer().Decode(h.Tokens), h.Score)), got[i].Outputs.Select(o => (o.Text, o.Hypothesis.Score)));
        }
    }

    [Fact]
    public void One_line_is_translated_as_among_others_and_an_end_mark_survives_a_cut()
    {
        var translator = new Translator(Model(), new ByteTokenizer(), new TranslatorOptions { MaxExtra = 5 });
        Assert.Equal("", translator.Translate("", TestContext.Current.CancellationToken).Text);
        Assert.Equal(4, translator.Translate("b", TestContext.Current.CancellationToken).Outputs.Count);
        var (ids, cut) = translator.Encode(new string('a', 50) + "<|endoftext|>");
        Assert.True(cut);
        Assert.Equal([.. Enumerable.Repeat((int)'a', 23), 256], ids);
    }

    [Fact]
    public void A_tokenizer_with_more_ids_than_the_model_is_refused()
    {
        var model = TinyModels.Filled((IEncoderDecoder)(Config with { Vocab = 23, StartToken = 0 }).Create(new ParameterStore(TinyModels.Cpu).Root),
            train: false);
        Assert.Contains("257 ids, the model 23",
            Assert.Throws<ArgumentException>(() => new Translator(model, new ByteTokenizer(), new TranslatorOptions())).Message, StringComparison.Ordinal);
    }
}
