using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Checkpoints;

/// <summary>The mean of the weights of some checkpoints, which is a better model than the last of them: Vaswani et al. 2017, section 6.1. Embeddings are averaged, too; the optimiser's state is not.</summary>
public static class WeightAverage
{
    /// <summary>Where a run folder has it.</summary>
    public const string FolderName = "averaged";

    /// <summary>Writes the mean as a Hugging Face folder, whole or not at all.</summary>
    /// <param name="models">Hugging Face folders of one shape, at least one.</param>
    /// <param name="output">The folder to write; one that is there is replaced.</param>
    /// <exception cref="ArgumentException">None is given, or two differ in shape; names them.</exception>
    public static void Save(IReadOnlyList<string> models, string output)
    {
        if (models.Count == 0)
            throw new ArgumentException("no checkpoint to average: at least one is needed", nameof(models));
        var folders = models.Select(HuggingFaceFolder.Open).ToArray();
        var config = folders[0].Config;
        for (var i = 1; i < folders.Length; i++)
        {
            if (!folders[i].Config.Equals(config))
                throw new ArgumentException($"{models[i]} is not of the shape of {models[0]}: checkpoints of one run are needed", nameof(models));
        }
        using var device = new CpuDevice();
        using var parameters = new ParameterStore(device);
        config.Create(parameters.Root);
        parameters.FillForTraining(0, folders[0].Weights);
        using var sum = parameters.NewArena();
        foreach (var folder in folders)
        {
            foreach (var p in parameters.Parameters)
            {
                using var scope = new TensorScope();
                if (folder.Weights.Find(p, device) is { } found)
                    device.Copy(found, p.Value);
            }
            device.Scale(parameters.Masters, 1f / folders.Length, new GradientTarget(sum, add: true));
        }
        device.Copy(sum, parameters.Masters);
        AtomicFolder.Write(output, temporary => HuggingFaceFolder.Save(temporary, config, parameters, Tokenizer.IsIn(models[0]) ? Tokenizer.Load(models[0]) : null));
    }
}
