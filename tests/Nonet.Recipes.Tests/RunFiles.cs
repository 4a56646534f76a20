using System.Security.Cryptography;
using Nonet.Formats.Safetensors;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests;

/// <summary>What lies in checkpoints.</summary>
static class RunFiles
{
    /// <summary>Name and hash of every file, those of folders within included.</summary>
    public static string[] Hashes(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}")];

    /// <summary>All tensors of a model's folder.</summary>
    public static Dictionary<string, double[]> Weights(string folder)
    {
        using var device = new CpuDevice(1);
        using var scope = new TensorScope();
        var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name, device).ToDoubles());
    }

    /// <summary>Trains straight through, and stopped and gone on with on three threads, and compares every file of the last checkpoints.</summary>
    public static (TrainingResult Straight, TrainingResult Resumed) ResumesToTheSameBytes(IRecipe recipe, TemporaryFolder folder, int stopAfter)
    {
        var straight = Texts.Train(recipe, folder["straight"]);
        using (var watching = new Watching(stopAfter))
            Assert.True(Texts.Train(recipe, folder["stopped"], progress: watching, stopping: watching.Stopping).Interrupted);
        var resumed = TrainRecipe.Run(recipe, new CpuDevice(3), folder["stopped"], resume: true, threads: 3, stopping: TestContext.Current.CancellationToken);
        Assert.Equal(Hashes(straight.Checkpoint), Hashes(resumed.Checkpoint));
        return (straight, resumed);
    }
}
