using Nonet.Inference;
using Nonet.Models;
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
