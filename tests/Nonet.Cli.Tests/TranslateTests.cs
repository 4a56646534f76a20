using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;

namespace Nonet.Cli.Tests;

/// <summary>translate with a random Marian model over bytes.</summary>
public sealed class TranslateTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    string Model(ModelConfig config) => RandomModel.Save(temporary["model"], config);

    string Marian() => Model(
        new TransformerConfig
        {
            Vocab = 258,
            Context = 20,
            EncoderLayers = 1,
            DecoderLayers = 1,
            Width = 16,
            EncoderHeads = 2,
            DecoderHeads = 2,
            EncoderHidden = 32,
            DecoderHidden = 32,
            StartToken = 257
        });

    static Task<Outcome> Run(string input, params string[] args) => Program.RunWith(input, TestContext.Current.CancellationToken, ["translate", .. args]);

    [Fact]
    public async Task Every_line_has_a_line()
    {
        var model = Marian();
        var told = await Run("one\n\ntwo words\nwords that the model has no positions for\n", model, "--max-extra", "4");
        Assert.Equal(0, told.ExitCode);
        var lines = told.Out.Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Equal(["", ""], [lines[1], lines[4]]);
        Assert.StartsWith("4 lines, ", told.Error, StringComparison.Ordinal);
        Assert.Contains("1 line truncated to the model's 20 tokens", told.Error, StringComparison.Ordinal);
        Assert.Equal(told.Out,
            (await Run("one\n\ntwo words\nwords that the model has no positions for\n", model, "--max-extra", "4", "--beam", "4", "--alpha", "0.6", "--threads",
            "2")).Out);
        Assert.Equal("", (await Run("", model)).Out);
    }

    [Fact]
    public async Task The_best_translations_of_a_line_have_its_number_and_falling_scores()
    {
        var told = await Run("one\n\ntwo\n", Marian(), "--n-best", "2", "--scores", "--max-extra", "4", "--beam", "3");
        var lines = told.Out.TrimEnd('\n').Split('\n').Select(line => line.Split('\t')).ToArray();
        Assert.Equal(["1", "1", "2", "3", "3"], lines.Select(f => f[0]));
        Assert.True(double.Parse(lines[0][1], System.Globalization.CultureInfo.InvariantCulture)
            >= double.Parse(lines[1][1], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_model_that_translates_nothing_is_named()
    {
        (await Run("a", Model(new GptConfig { Vocab = 257, Context = 8, Layers = 1, Width = 8, Heads = 1 })))
            .AssertRefused(1, temporary["model"], "found a gpt2, which does not translate; expected an encoder-decoder");
        (await Run("a", Model(new BertConfig { Vocab = 257, Context = 8, Layers = 1, Width = 8, Heads = 1, Hidden = 8 }))).AssertRefused(1, "found a bert");
    }

    public void Dispose() => temporary.Dispose();
}
