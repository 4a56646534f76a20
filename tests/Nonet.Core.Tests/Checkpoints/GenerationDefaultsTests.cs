using Nonet.Checkpoints;
using Nonet.Files;

namespace Nonet.Tests.Checkpoints;

public sealed class GenerationDefaultsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_drawn_and_what_ends_a_text()
    {
        Assert.Empty(GenerationDefaults.Read(folder.Path).EndTokens);
        folder.Add("config.json", """{"eos_token_id":7}""");
        Assert.Equal([7], GenerationDefaults.Read(folder.Path).EndTokens);
        folder.Add("generation_config.json", """{"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"repetition_penalty":1.1,"eos_token_id":[3,4]}""");
        var defaults = GenerationDefaults.Read(folder.Path);
        Assert.Equal([3, 4], defaults.EndTokens);
        Assert.Equal((0.6, 20, 0.95, null, 1.1), (defaults.Temperature, defaults.TopK, defaults.TopP, defaults.MinP, defaults.RepetitionPenalty));
        folder.Add("generation_config.json", """{"do_sample":false,"top_k":50}""");
        Assert.Equal((0.0, null, 7),
            (GenerationDefaults.Read(folder.Path).Temperature, GenerationDefaults.Read(folder.Path).TopK, GenerationDefaults.Read(folder.Path).EndTokens[0]));
        folder.Add("generation_config.json", """{"_from_model_config":true}""");
        Assert.Null(GenerationDefaults.Read(folder.Path).Temperature);
    }

    [Theory]
    [InlineData("""{"eos_token_id":"x"}""", "'eos_token_id'")]
    [InlineData("""{"eos_token_id":[1,-2]}""", "'eos_token_id'")]
    [InlineData("""{"do_sample":true,"temperature":"hot"}""", "'temperature'")]
    [InlineData("""{"do_sample":true,"top_p":3}""", "'top_p'")]
    public void What_makes_no_sense_is_named(string json, string message)
    {
        folder.Add("generation_config.json", json);
        Assert.Contains(message, Assert.Throws<MalformedFileException>(() => GenerationDefaults.Read(folder.Path)).Message, StringComparison.Ordinal);
    }
}
