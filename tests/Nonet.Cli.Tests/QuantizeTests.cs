namespace Nonet.Cli.Tests;

/// <summary>quantize and bench infer on a run folder.</summary>
public sealed class QuantizeTests(ModelVerbTests.Fixture fixture) : IClassFixture<ModelVerbTests.Fixture>
{
    readonly TinyRun run = fixture.Run;

    string File(string name) => Path.Combine(run.Folder, name);

    [Fact]
    public async Task A_run_is_written_in_a_smaller_type_with_the_error_of_each_matrix_and_the_perplexity()
    {
        await System.IO.File.WriteAllTextAsync(File("text.txt"), "the whale and the sea", TestContext.Current.CancellationToken);
        var told = await Program.Run("quantize", run.Folder, File("a.gguf"), "q4_0", "--text", File("text.txt"), "--json");
        Assert.True(told.ExitCode == 0, told.Error);
        var json = told.Json;
        Assert.Equal("Q4_0", json.GetProperty("type").GetString());
        Assert.Equal(new FileInfo(File("a.gguf")).Length, json.GetProperty("bytes").GetInt64());
        Assert.InRange(json.GetProperty("perplexity_after").GetDouble() / json.GetProperty("perplexity_before").GetDouble(), 0.5, 2);
        var tensors = json.GetProperty("tensors").EnumerateArray().ToArray();
        Assert.All(tensors, t => Assert.InRange(t.GetProperty("relative_rmse").GetDouble(), 0, 0.2));
        Assert.Contains(tensors, t => t.GetProperty("type").GetString() == "F32" && t.GetProperty("rmse").GetDouble() == 0);
        Assert.Equal(0, (await Program.Run("generate", File("a.gguf"), "the ", "--max-tokens", "3")).ExitCode);
        var again = await Program.Run("quantize", File("a.gguf"), File("b.gguf"), "Q8_0");
        Assert.Contains("bits each", again.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_written_is_said_before_anything_is()
    {
        var type = await Program.Run("quantize", run.Folder, File("c.gguf"), "Q9_9");
        Assert.Equal(2, type.ExitCode);
        Assert.Contains("TYPE is 'Q9_9'; expected one of F32, F16", type.Error, StringComparison.Ordinal);
        var name = await Program.Run("quantize", run.Folder, File("c.bin"), "Q4_0");
        Assert.Equal(2, name.ExitCode);
        Assert.Contains("ends in .gguf", name.Error, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(File("d.gguf"), "", TestContext.Current.CancellationToken);
        Assert.Contains("exists already", (await Program.Run("quantize", run.Folder, File("d.gguf"), "Q4_0")).Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await Program.Run("quantize", run.Folder, File("c.gguf"), "Q4_0", "--text", File("nowhere.txt"))).ExitCode);
        Assert.False(System.IO.File.Exists(File("c.gguf")));
    }

    [Theory]
    [InlineData("1"), InlineData("3")]
    public async Task Inference_is_timed(string batch)
    {
        var told = await Program.Run("bench", "infer", "--model", run.Folder, "--prompt", "5", "--generate", "3", "--batch", batch, "--rounds", "1", "--json");
        Assert.True(told.ExitCode == 0, told.Error);
        foreach (var field in new[] { "prefill_tokens_per_s", "decode_tokens_per_s", "load_s", "peak_rss_mb", "read_gb_per_s" })
            Assert.True(told.Json.GetProperty(field).GetDouble() > 0, field);
        Assert.Contains("the model's context is", (await Program.Run("bench", "infer", "--model", run.Folder, "--prompt", "100000")).Error,
            StringComparison.Ordinal);
    }
}
