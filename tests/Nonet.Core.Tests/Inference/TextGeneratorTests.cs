using Nonet.Inference;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference;

public class TextGeneratorTests
{
    static readonly GenerationOptions Options = new() { MaxTokens = 60, Sampler = new SamplerOptions { Seed = 2, Temperature = 3 } };

    /// <summary>Ids beyond the tokenizer's 257 get a vocabulary of 300, and weights that make them likely.</summary>
    static Gpt Model() => TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Vocab = 300 }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    [Fact]
    public async Task Pieces_of_a_stream_are_the_text_of_its_tokens()
    {
        var tokenizer = new ByteTokenizer();
        var pieces = new List<GeneratedText>();
        await foreach (var piece in new TextGenerator(Model(), tokenizer).Stream("Nine", Options, TestContext.Current.CancellationToken))
            pieces.Add(piece);
        var ids = pieces.Select(p => p.Id).ToArray();
        Assert.Equal(60, ids.Length);
        Assert.All(ids, id => Assert.InRange(id, 0, 256));
        Assert.Equal(StopReason.MaxTokens, pieces[^1].Stop);
        Assert.Equal(tokenizer.Decode(ids), string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(tokenizer.Decode(ids), new TextGenerator(Model(), tokenizer).Complete("Nine", Options, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_end_mark_ends_the_text_and_is_not_part_of_it()
    {
        var model = Model();
        var table = model.Parameters.Parameters.Single(p => p.Path == "tokens/weight").Value;
        var norm = model.Parameters.Parameters.Single(p => p.Path == "norm/bias").Value;
        for (var i = 0; i < 20; i++)
            table.SetValue(256 * 20 + i, 50 * norm.Value(i)); // the end mark is likely everywhere
        Assert.Equal("", new TextGenerator(model, new ByteTokenizer()).Complete("x", Options with { Sampler = SamplerOptions.Greedy }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stop_text_ends_the_text_before_it_though_tokens_split_it()
    {
        var generator = new TextGenerator(Model(), new ByteTokenizer());
        var options = Options with { Sampler = SamplerOptions.Greedy with { RepetitionPenalty = 1.5 }, StopTexts = [] };
        var whole = generator.Complete("Nine", options, TestContext.Current.CancellationToken);
        var stop = whole.Substring(whole.Length / 2, 3); // three characters, each of a token or more of its own
        var want = whole[..whole.IndexOf(stop, StringComparison.Ordinal)];
        Assert.Equal(want, generator.Complete("Nine", options with { StopTexts = ["never", stop] }, TestContext.Current.CancellationToken));
        var shown = "";
        StopReason? last = null;
        await foreach (var piece in generator.Stream("Nine", options with { StopTexts = ["never", stop] }, TestContext.Current.CancellationToken))
        {
            shown += piece.Text;
            last = piece.Stop;
            Assert.StartsWith(shown, want, StringComparison.Ordinal); // never a part of the stop text
        }
        Assert.Equal((want, StopReason.StopText), (shown, last));
    }

    [Fact]
    public void A_repetition_penalty_counts_the_prompt_and_the_text()
    {
        var generator = new TextGenerator(Model(), new ByteTokenizer());
        var text = generator.Complete("Nine", Options with { MaxTokens = 12, Sampler = SamplerOptions.Greedy with { RepetitionPenalty = 1e6 } }, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(text, c => c < 128 && (text.Count(other => other == c) > 1 || "Nine".Contains(c, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_empty_prompt_begins_a_document()
    {
        var generator = new TextGenerator(Model(), new ByteTokenizer());
        Assert.Equal(generator.Complete("<|endoftext|>", Options, TestContext.Current.CancellationToken), generator.Complete("", Options, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_tokenizer_with_more_ids_than_the_model_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new TextGenerator(TinyModels.Build("gpt", TinyModels.Cpu, train: false), new ByteTokenizer()));
        Assert.Equal("the tokenizer has 257 ids, the model 23: they do not belong together", error.Message);
    }
}
