using Microsoft.Extensions.AI;
using Nonet.Checkpoints;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests;
using Nonet.Text;

namespace Nonet.Extensions.AI.Tests;

/// <summary>Clients of models in folders.</summary>
public sealed class OpenedModelTests : IDisposable
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Save(ModelConfig config, string name)
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        config.Create(store.Root);
        store.FillForTraining(3);
        HuggingFaceFolder.Save(folder[name], config, store, new ByteTokenizer());
        return folder[name];
    }

    string Decoder() => Save(new GptConfig { Vocab = 257, Context = 300, Layers = 1, Width = 16, Heads = 2 }, "decoder");

    string Encoder() => Save(new BertConfig { Vocab = 257, Context = 40, Layers = 1, Width = 16, Heads = 2 }, "encoder");

    [Fact]
    public async Task A_model_without_a_template_chats_and_calls_functions()
    {
        using IChatClient client = NonetChatClient.Open(Decoder() + "/");
        Assert.Equal("decoder", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("decoder", client.GetService<LanguageModel>()!.Name);
        var response = await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 20, Seed = 1 }, Stopping);
        Assert.Equal(20, response.Usage!.OutputTokenCount);
        Assert.Equal(response.Text, (await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 20, Seed = 1 }, Stopping)).Text);
        // another seed each time
        Assert.NotEqual(response.Text, (await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 20 }, Stopping)).Text);
        var flag = await client.GetResponseAsync<bool>("Is it?", new ChatOptions { Seed = 2 }, useJsonSchemaResponseFormat: true, cancellationToken: Stopping);
        Assert.True(flag.TryGetResult(out _), flag.Text); // of random weights
    }

    [Fact]
    public async Task A_reply_goes_on_to_the_end_of_the_context()
    {
        using var model = LanguageModel.Open(Decoder());
        using var client = model.AsIChatClient();
        var response = await client.GetResponseAsync("Hello",
            new ChatOptions { Seed = 3, RawRepresentationFactory = _ => model.Defaults with { MaxTokens = null, StopTokens = [] } }, Stopping);
        Assert.True(response.FinishReason == ChatFinishReason.Stop || response.Usage!.TotalTokenCount >= 300,
            $"{response.FinishReason} {response.Usage!.TotalTokenCount}");
        client.Dispose();
        Assert.NotEmpty(await model.CompleteAsync("Hello", cancellationToken: Stopping)); // the model is still open
    }

    [Fact]
    public void An_encoder_does_not_chat()
    {
        Assert.Contains("found a bert, which does not continue text; expected a decoder",
            Assert.Throws<NotSupportedException>(() => NonetChatClient.Open(Encoder())).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => NonetChatClient.Open(folder["missing"]));
    }

    [Fact]
    public async Task Texts_become_vectors_of_length_one()
    {
        using var model = LanguageModel.Open(Encoder());
        using var generator = model.AsIEmbeddingGenerator();
        string[] texts = ["a cat", "a dog", new string('x', 50), "a cat"];
        var embeddings = await generator.GenerateAsync(texts, cancellationToken: Stopping);
        Assert.Equal(4, embeddings.Count);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal(16, embeddings[i].Vector.Length);
            Assert.Equal(1, embeddings[i].Vector.ToArray().Sum(x => (double)x * x), 5);
            var alone = await model.EmbedAsync(texts[i], Stopping);
            Assert.Equal(alone, embeddings[i].Vector.ToArray(), (x, y) => Math.Abs(x - y) < 1e-5);
        }
        Assert.Equal("encoder", embeddings[0].ModelId);
        Assert.Equal(10, embeddings[2].AdditionalProperties![NonetEmbeddingGenerator.CutTokens]);
        Assert.Null(embeddings[0].AdditionalProperties);
        Assert.Equal((55, 55), (embeddings.Usage!.InputTokenCount, embeddings.Usage.TotalTokenCount));
        Assert.Equal(embeddings[0].Vector.ToArray(), (await generator.GenerateVectorAsync("a cat", cancellationToken: Stopping)).ToArray(), (x, y) =>
            Math.Abs(x - y) < 1e-5);
        var many = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => generator.GenerateAsync(["a dog"], cancellationToken: Stopping)));
        Assert.All(many, m => Assert.Equal(many[0][0].Vector.ToArray(), m[0].Vector.ToArray()));
        Assert.Empty(await generator.GenerateAsync([], cancellationToken: Stopping));
    }

    [Fact]
    public async Task A_decoder_embeds_while_it_chats()
    {
        using var model = LanguageModel.Open(Decoder());
        using var client = model.AsIChatClient();
        using var generator = new NonetEmbeddingGenerator(model, Pooling.Last);
        var alone = await generator.GenerateVectorAsync("a dog", cancellationToken: Stopping);
        var reply = client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 20, Seed = 1 }, Stopping);
        var both = await generator.GenerateAsync(["a cat and more", "a dog"], cancellationToken: Stopping);
        Assert.Equal(alone.ToArray(), both[1].Vector.ToArray());
        Assert.Equal(21, both.Usage!.InputTokenCount); // of bytes, each with the end token
        Assert.Equal(1, alone.ToArray().Sum(x => (double)x * x), 5);
        await reply;
    }

    [Fact]
    public async Task A_generator_has_metadata_and_names_what_it_cannot_do()
    {
        using var generator = NonetEmbeddingGenerator.Open(Encoder(), Pooling.Cls, normalize: false);
        var metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("nonet", "encoder", 16), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(generator, generator.GetService<NonetEmbeddingGenerator>());
        Assert.NotNull(generator.GetService<TextEmbedder>());
        Assert.Null(generator.GetService(typeof(TextEmbedder), "key"));
        Assert.Equal("EmbeddingGenerationOptions.Dimensions is 8; the vectors of encoder have 16",
            (await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 8 }, Stopping)))
                .Message);
        Assert.Equal("EmbeddingGenerationOptions.ModelId is ada; this generator has encoder",
            (await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { ModelId = "ada" }, Stopping)))
                .Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["a"], cancellationToken: new CancellationToken(true)));
    }
}
