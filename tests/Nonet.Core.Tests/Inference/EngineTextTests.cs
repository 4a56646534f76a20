using Nonet.Inference;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference;

public class EngineTextTests
{
    static readonly GenerationOptions Options = new() { MaxTokens = 60, Sampler = new SamplerOptions { Seed = 2, Temperature = 3 } };

    /// <summary>Ids beyond the tokenizer's 257 get a vocabulary of 300, and weights that make them likely.</summary>
    static Gpt Model() => TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Vocab = 300 }, new ParameterStore(TinyModels.Cpu).Root), train: false);

    [Fact]
    public async Task Pieces_of_a_stream_are_the_text_of_its_tokens()
    {
        var tokenizer = new ByteTokenizer();
        var pieces = new List<GeneratedToken>();
        using var engine = new DecodingEngine(Model(), tokenizer);
        await foreach (var piece in engine.Generate("Nine", Options, TestContext.Current.CancellationToken))
            pieces.Add(piece);
        var ids = pieces.Select(p => p.Id).ToArray();
        Assert.Equal(60, ids.Length);
        Assert.All(ids, id => Assert.InRange(id, 0, 256));
        Assert.Equal(StopReason.MaxTokens, pieces[^1].Stop);
        Assert.Equal(tokenizer.Decode(ids), string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(tokenizer.Decode(ids), await engine.CompleteAsync("Nine", Options, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_end_mark_ends_the_text_and_is_not_part_of_it()
    {
        var model = Model();
        var table = model.Parameters.Parameters.Single(p => p.Path == "tokens/weight").Value;
        var norm = model.Parameters.Parameters.Single(p => p.Path == "norm/bias").Value;
        for (var i = 0; i < 20; i++)
            table.SetValue(256 * 20 + i, 50 * norm.Value(i)); // the end mark is likely everywhere
        Assert.Equal("", Written.Text(model, new ByteTokenizer(), "x", Options with { Sampler = SamplerOptions.Greedy }));
    }

    [Fact]
    public async Task A_stop_text_ends_the_text_before_it_though_tokens_split_it()
    {
        using var engine = new DecodingEngine(Model(), new ByteTokenizer());
        var options = Options with { Sampler = SamplerOptions.Greedy with { RepetitionPenalty = 1.5 }, StopTexts = [] };
        var whole = await engine.CompleteAsync("Nine", options, TestContext.Current.CancellationToken);
        var stop = whole.Substring(whole.Length / 2, 3); // three characters, each of a token or more of its own
        var want = whole[..whole.IndexOf(stop, StringComparison.Ordinal)];
        Assert.Equal(want, await engine.CompleteAsync("Nine", options with { StopTexts = ["never", stop] }, TestContext.Current.CancellationToken));
        var shown = "";
        StopReason? last = null;
        await foreach (var piece in engine.Generate("Nine", options with { StopTexts = ["never", stop] }, TestContext.Current.CancellationToken))
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
        var text = Written.Text(Model(), new ByteTokenizer(), "Nine",
            Options with { MaxTokens = 12, Sampler = SamplerOptions.Greedy with { RepetitionPenalty = 1e6 } });
        Assert.DoesNotContain(text, c => c < 128 && (text.Count(other => other == c) > 1 || "Nine".Contains(c, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_empty_prompt_begins_a_document()
    {
        Assert.Equal(Written.Text(Model(), new ByteTokenizer(), "<|endoftext|>", Options), Written.Text(Model(), new ByteTokenizer(), "", Options));
    }

    [Fact]
    public void A_tokenizer_with_more_ids_than_the_model_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new DecodingEngine(TinyModels.Build("gpt", TinyModels.Cpu, train: false), new ByteTokenizer()));
        Assert.Equal("the tokenizer has 257 ids, the model 23: they do not belong together", error.Message);
    }
}
