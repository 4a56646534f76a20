using Nonet.Checkpoints;

namespace Nonet.Recipes.Tests;

/// <summary>Each kind of decoder that a recipe can name is trained, kept in its own settings and goes on with its run.</summary>
public class ArchitectureTests
{
    [Theory]
    [InlineData("gpt2"), InlineData("gpt3"), InlineData("llama"), InlineData("mistral"), InlineData("qwen2"), InlineData("qwen3"), InlineData("olmo2"),
        InlineData("gemma3")]
    [InlineData("gptj", "rotary_width: 4")]
    [InlineData("granite", "embedding_multiplier: 2, residual_multiplier: 0.5, logits_divisor: 4")]
    [InlineData("qwen3_moe", "experts: 4, experts_per_token: 2, expert_hidden: 8, normalized: false")]
    public void A_kind_trains_and_resumes(string kind, string own = "")
    {
        using var folder = new TemporaryFolder();
        TextFiles.Write(folder["texts"]);
        var shape = $"{{kind: {kind}, layers: 2, width: 16, heads: 2, context: 16{(own.Length > 0 ? ", " + own : "")}}}";
        Recipe Of(int steps) => Recipe.Parse("tiny.yaml", $"""
            model: {shape}
            data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
            training: {"{steps: " + steps + ", batch: 2, warmup: 1, learning_rate: 3e-3, schedule: constant}"}
            """, []);
        var first = Texts.Train(Of(2), folder["run"]);
        Assert.True(double.IsFinite(first.NatsPerToken!.Value));
        Assert.Equal(3, Texts.Train(Of(3), folder["run"], resume: true).Step);
        var kept = ModelFile.Open(folder["run"]).Config;
        Assert.Equal((Of(2).Model!.Config(257) with { Vocab = kept.Vocab }).ToString(), kept.ToString());
        Assert.Equal(Of(2).ToYaml(), Recipe.Parse("again.yaml", Of(2).ToYaml(), []).ToYaml());
    }
}
