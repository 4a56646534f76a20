using Nonet.Formats.Safetensors;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli.Tests;

public class AverageTests
{
    [Fact]
    public async Task The_mean_of_a_runs_last_checkpoints_is_a_model()
    {
        using var run = new TinyRun();
        var output = run["mean"];

        var told = await Program.Run("average", run.Folder, "--last", "2", "--out", output);

        Assert.Equal(0, told.ExitCode);
        Assert.Contains("the mean of 2 models: step-4, step-5", told.Error, StringComparison.Ordinal);
        float[] four = Weights(Path.Combine(run.Folder, "checkpoints", "step-4")), five = Weights(Path.Combine(run.Folder, "checkpoints", "step-5")),
            mean = Weights(output);
        Assert.NotEqual(four, five);
        for (var i = 0; i < mean.Length; i++)
            Assert.Equal((four[i] + five[i]) / 2, mean[i], 1e-6f);
        Assert.Equal(0, (await Program.Run("generate", output, "a", "--max-tokens", "2")).ExitCode);
    }

    [Fact]
    public async Task More_checkpoints_than_are_kept_are_refused_with_both_numbers()
    {
        using var run = new TinyRun();
        (await Program.Run("average", run.Folder, "--last", "5", "--out", run["mean"])).AssertRefused(2, "--last is 5: found 3 checkpoints in");
        Assert.Contains("the mean of 3 models", (await Program.Run("average", run.Folder, "--out", run["mean"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_there_is_not_written_over_and_models_of_two_shapes_are_named()
    {
        using var run = new TinyRun();
        (await Program.Run("average", run.Folder, "--out", run.Folder)).AssertRefused(1, "the folder exists already");

        var other = run["other"];
        Directory.CreateDirectory(other);
        foreach (var file in Directory.GetFiles(Path.Combine(run.Folder, "checkpoints", "step-5")))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        var config = Path.Combine(other, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", StringComparison.Ordinal));
        (await Program.Run("average", Path.Combine(run.Folder, "checkpoints", "step-5"), other, "--out", run["mean"]))
            .AssertRefused(1, "has another shape than");
    }

    static float[] Weights(string folder)
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        return SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")).Read("model.embed_tokens.weight", device).AsSpan<float>().ToArray();
    }
}
