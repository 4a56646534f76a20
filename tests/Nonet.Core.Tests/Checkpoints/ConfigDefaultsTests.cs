using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Tests.Checkpoints;

/// <summary>A config.json may leave out whatever transformers' class has a default for. config_defaults.py made the file of all defaults.</summary>
public sealed class ConfigDefaultsTests : IDisposable
{
    static readonly JsonObject defaults =
        (JsonObject)JsonNode.Parse(File.ReadAllText(Repository.File("tests/Nonet.Core.Tests/Checkpoints/config-defaults.json")))!;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Families => new(defaults.Select(f => f.Key));

    ModelConfig Read(JsonNode fields)
    {
        var config = HuggingFaceFolder.ReadConfig(folder.Add("config.json", fields.ToJsonString()));
        config.Check();
        return config;
    }

    [Theory, MemberData(nameof(Families))]
    public void What_is_left_out_is_as_transformers_has_it(string family)
    {
        var all = defaults[family]!;
        var expected = Read(all);
        Assert.Equal(expected, Read(new JsonObject { ["model_type"] = family }));
        foreach (var field in ((JsonObject)all).Select(f => f.Key).Where(f => f != "model_type").ToArray())
        {
            var rest = (JsonObject)all.DeepClone();
            rest.Remove(field);
            Assert.True(expected.Equals(Read(rest)), $"{family} without {field}: {Read(rest)}; expected {expected}");
        }
    }

    [Theory] // Mistral 7B 0.2 on has no window; null is not the default of 4096
    [InlineData("""{"model_type":"mistral","sliding_window":null}""", null)]
    [InlineData("""{"model_type":"mistral"}""", 4096)]
    [InlineData("""{"model_type":"mistral","sliding_window":7}""", 7)]
    public void Null_is_no_default(string json, int? window) => Assert.Equal(window, ((MistralConfig)Read(JsonNode.Parse(json)!)).Window);

    [Theory] // as many as heads where it is null; the class's number where it is absent
    [InlineData("""{"model_type":"mistral","num_key_value_heads":null}""", 32)]
    [InlineData("""{"model_type":"mistral"}""", 8)]
    [InlineData("""{"model_type":"llama","num_attention_heads":16,"hidden_size":64}""", 16)]
    public void Key_heads_are_as_many_as_the_class_says(string json, int heads) => Assert.Equal(heads, ((LlamaConfig)Read(JsonNode.Parse(json)!)).KvHeads);

    [Theory] // attribute_map
    [InlineData("gpt2", "hidden_size", "n_embd", 24)]
    [InlineData("gpt2", "num_hidden_layers", "n_layer", 3)]
    [InlineData("gptj", "num_attention_heads", "n_head", 8)]
    [InlineData("gpt_neo", "num_hidden_layers", "num_layers", 2)]
    [InlineData("t5", "hidden_size", "d_model", 24)]
    [InlineData("marian", "num_hidden_layers", "encoder_layers", 3)]
    public void A_field_may_have_its_other_name(string family, string other, string usual, int value) =>
        Assert.Equal(Read(new JsonObject { ["model_type"] = family, [usual] = value }), Read(new JsonObject { ["model_type"] = family, [other] = value }));
}
