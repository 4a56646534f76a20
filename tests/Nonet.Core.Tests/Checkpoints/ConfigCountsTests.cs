using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints;

/// <summary>What a file says of itself is checked against the tensors that it has, before anything is made of it.</summary>
public sealed class ConfigCountsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("llama", "num_hidden_layers", 3)]
    [InlineData("llama", "num_hidden_layers", 4000)]
    [InlineData("llama", "num_hidden_layers", 20_000_000)]
    [InlineData("llama", "num_hidden_layers", int.MaxValue)]
    [InlineData("llama", "vocab_size", 24)]
    [InlineData("llama", "vocab_size", 16_000_000)]
    [InlineData("gpt", "n_layer", 3)]
    [InlineData("gpt", "n_layer", 20_000_000)]
    [InlineData("gpt3", "num_layers", 20_000_000)]
    [InlineData("gptj", "n_layer", 3)]
    [InlineData("gemma2", "num_hidden_layers", 20_000_000)]
    [InlineData("gemma3", "num_hidden_layers", 5)]
    [InlineData("qwen2", "num_hidden_layers", 20_000_000)]
    public void A_config_that_counts_more_than_the_file_holds_is_refused(string family, string field, int count)
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        var config = TinyModels.Config(family);
        config.Create(store.Root);
        store.FillForTraining(7);
        HuggingFaceFolder.Save(folder.Path, config, store);
        var json = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        json[field] = count;
        ((JsonObject)json).Remove("layer_types");
        ((JsonObject)json).Remove("attention_types");
        folder.Add("config.json", json.ToJsonString());
        var (clock, before) = (ThreadClock.Start(), GC.GetAllocatedBytesForCurrentThread());
        Assert.Contains($"'{field}'", Assert.Throws<MalformedFileException>(() => HuggingFaceFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
        clock.AssertAtMost(20);
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(4000u)]
    [InlineData(20_000_000u)]
    [InlineData(uint.MaxValue)]
    public void A_block_count_beyond_the_tensors_is_refused(uint count)
    {
        new GgufWriter().Text("general.architecture", "llama").U32("llama.context_length", 8).U32("llama.embedding_length", 4).U32("llama.block_count", count)
            .U32("llama.attention.head_count", 2)
            .U32("llama.feed_forward_length", 4).F32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Tensor("token_embd.weight", [4, 4], "F32", () => [new float[16]]).Save(folder["x.gguf"]);
        Assert.Contains("llama.block_count", Assert.Throws<MalformedFileException>(() => GgufModel.Open(folder["x.gguf"])).Message, StringComparison.Ordinal);
    }
}
