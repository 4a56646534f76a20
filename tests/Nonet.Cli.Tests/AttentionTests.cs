using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Text.Bpe;

namespace Nonet.Cli.Tests;

/// <summary>attention with random models over bytes.</summary>
public sealed class AttentionTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    string Model(ModelConfig config) => RandomModel.Save(temporary["model"], config);

    string Marian() => Model(
        new TransformerConfig
        {
            Vocab = 258,
            Context = 20,
            EncoderLayers = 2,
            DecoderLayers = 1,
            Width = 16,
            EncoderHeads = 2,
            DecoderHeads = 4,
            EncoderHidden = 32,
            DecoderHidden = 32,
            StartToken = 257
        });

    [Theory]
    [InlineData("", "encoder 1,encoder 2,decoder 1,cross 1")]
    [InlineData("--layer 2", "encoder 2, head 1,encoder 2, head 2")]
    [InlineData("--layer 1 --head mean", "encoder 1,decoder 1,cross 1")]
    [InlineData("--head 2", "encoder 1, head 2,encoder 2, head 2,decoder 1, head 2,cross 1, head 2")]
    public async Task The_panels_are_those_asked_for(string options, string titles)
    {
        var (model, file) = (Marian(), temporary["map.svg"]);
        var told = await Program.Run(["attention", model, "a <b>", "Zwei", "--out", file, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(told.ExitCode == 0, told.Error);
        var svg = System.Xml.Linq.XDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Root!;
        Assert.Equal(titles, string.Join(',', svg.Descendants().Where(e => e.Attribute("font-weight") is not null).Select(e => e.Value)));
        if (titles.Contains("decoder", StringComparison.Ordinal))
            Assert.Contains(svg.Descendants(), e => e.Value == "start");
    }

    [Fact]
    public async Task Tokens_are_labelled_by_the_text_that_they_stand_for()
    {
        const string Text = "für Ähre und Haus";
        var tokenizer = BpeTrainer.Train(Enumerable.Repeat(Text, 50), new BpeTrainerOptions { Vocab = 300, MinFrequency = 2 }, threads: 1,
            stopping: TestContext.Current.CancellationToken);
        RandomModel.Save(temporary["bpe"], new BertConfig { Vocab = tokenizer.Vocab, Context = 40, Layers = 1, Width = 8, Heads = 1, Hidden = 8 }, tokenizer);
        Assert.Equal(0, (await Program.Run("attention", temporary["bpe"], Text + "ö", "--out", temporary["bpe.svg"])).ExitCode);
        var svg = await File.ReadAllTextAsync(temporary["bpe.svg"], TestContext.Current.CancellationToken);
        Assert.DoesNotContain("Ġ", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("Ã", svg, StringComparison.Ordinal);
        Assert.Contains(">Haus<", svg, StringComparison.Ordinal);
        Assert.Contains(">\\xc3<", svg, StringComparison.Ordinal); // half of ö
    }

    [Fact]
    public async Task Without_a_target_it_draws_its_own_translation()
    {
        var (model, file) = (Marian(), temporary["own.svg"]);
        Assert.Equal(0, (await Program.Run("attention", model, "ab", "--out", file)).ExitCode);
        Assert.Contains("cross 1", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encoder_is_drawn_and_other_models_and_layers_are_named()
    {
        var file = temporary["map.svg"];
        (await Program.Run("attention", Marian(), "ab", "c", "--out", file, "--layer", "3")).AssertRefused(2, "--layer is 3; the model has 2 layers");
        (await Program.Run("attention", temporary["model"], "ab", "c", "--out", file, "--head", "3"))
            .AssertRefused(2, "--head is 3; layer 1 of the encoder attention has 2 heads");
        (await Program.Run("attention", temporary["model"], "", "--out", file)).AssertRefused(2, "SOURCE is empty");
        var bert = Model(new BertConfig { Vocab = 257, Context = 8, Layers = 1, Width = 8, Heads = 2, Hidden = 8 });
        Assert.Equal(0, (await Program.Run("attention", bert, "ab", "--out", file)).ExitCode);
        (await Program.Run("attention", bert, "ab", "c", "--out", file))
            .AssertRefused(2, "found a TARGET; expected none, because a bert is an encoder and writes no text");
        (await Program.Run("attention", Model(new GptConfig { Vocab = 257, Context = 8, Layers = 1, Width = 8, Heads = 1 }), "ab", "--out", file))
            .AssertRefused(1, "found a gpt2, a decoder");
    }

    public void Dispose() => temporary.Dispose();
}
