namespace Nonet.Cli.Tests;

public class BenchTests
{
    [Theory]
    [InlineData("gpt2", 16 * 7 + 8 * 16 + 12 * 16 * 16 + 13 * 16 + 2 * 16)] // tables; a block; its biases and norms; the last norm
    [InlineData("llama", 2 * 7 * 16 + 4 * 16 * 16 + 3 * 16 * 64 + 2 * 16 + 16)] // hidden: (8 · 16 / 3 + 31) / 32 · 32 = 64
    // tables; matrices; biases; norms; the output's bias
    [InlineData("transformer", (7 + 3 * 4 * 16 + 4 * 64 + 2 * 8) * 16 + 3 * 4 * 16 + 2 * (64 + 16) + 5 * 2 * 16 + 7)]
    // the same; pooler, transform and next sentence among the matrices
    [InlineData("bert", (7 + 8 + 2 + 4 * 16 + 2 * 64 + 2 * 16 + 2) * 16 + 4 * 16 + 64 + 16 + 2 * 16 + 4 * 2 * 16 + 7 + 2)]
    public async Task Train_prints_what_a_step_takes(string model, long parameters)
    {
        var json = (await Program.Run("bench", "train", "--model", model, "--dim", "16", "--layers", "1", "--heads", "2", "--context", "8", "--batch", "2",
            "--vocab", "7", "--steps", "4", "--threads", "2", "--json")).Json;
        Assert.Equal(["params", "step_ms", "tokens_per_s", "peak_rss_mb", "gc_collections", "allocated_bytes_per_step"],
            json.EnumerateObject().Select(f => f.Name));
        Assert.Equal(parameters, json.GetProperty("params").GetInt64());
        Assert.All(["step_ms", "tokens_per_s", "peak_rss_mb"], name => Assert.True(json.GetProperty(name).GetDouble() > 0, name));
    }

    [Fact]
    public async Task Matmul_prints_its_rate()
    {
        var json = (await Program.Run("bench", "matmul", "--m", "9", "--n", "7", "--k", "5", "--ta", "--tb", "--threads", "1", "--json")).Json;
        Assert.True(json.GetProperty("gflops").GetDouble() > 0);
    }

    [Theory]
    [InlineData("gpt2", "10", "3", "GptConfig.Width is 10; expected a multiple of Heads, which is 3")]
    [InlineData("llama", "12", "4", "LlamaConfig")] // heads of 3: rotation takes pairs
    public async Task Shapes_that_do_not_divide_are_named(string model, string dim, string heads, string message) =>
        (await Program.Run("bench", "train", "--model", model, "--dim", dim, "--heads", heads)).AssertRefused(1, message);
}
