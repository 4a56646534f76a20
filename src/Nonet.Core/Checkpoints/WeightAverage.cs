using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Text;

namespace Nonet.Checkpoints;

/// <summary>
/// The average of the weights of several checkpoints, which is a better model than the last of them: Vaswani et al. 2017, section 6.1.
/// Embeddings are averaged too; the optimiser's state is not.
/// </summary>
public static class WeightAverage
{
    /// <summary>Name of the average's folder in a run folder.</summary>
    public const string FolderName = "averaged";

    /// <summary>Writes the average as a Hugging Face folder, completely or not at all.</summary>
    /// <param name="models">At least one checkpoint; all must have one shape. An adapter is merged into its base model.</param>
    /// <param name="output">Folder to write; an existing one is replaced.</param>
    /// <param name="device">Device that computes the average.</param>
    /// <exception cref="ArgumentException">No checkpoint is given, or two differ in shape. The message names them.</exception>
    public static void Save(IReadOnlyList<string> models, string output, Device device)
    {
        if (models.Count == 0)
            throw new ArgumentException("no checkpoint to average; expected at least one", nameof(models));
        var config = ModelFile.Open(models[0]).Config;
        for (var i = 1; i < models.Count; i++)
        {
            if (!ModelFile.Open(models[i]).Config.Equals(config))
                throw new ArgumentException($"{models[i]} has another shape than {models[0]}: expected checkpoints of one run", nameof(models));
        }
        using var parameters = new ParameterStore(device);
        config.Create(parameters.Root);
        foreach (var p in parameters.Parameters)
            p.Frozen = false;
        parameters.FillForTraining(0);
        using var sum = parameters.NewArena();
        foreach (var model in models)
        {
            using var open = new LoadedModel(model, device);
            var values = open.Model.Parameters.Parameters.ToDictionary(p => p.Path);
            foreach (var p in parameters.Parameters)
            {
                using var scope = new TensorScope();
                device.Copy(open.Adapter?.Merged(values[p.Path]) ?? values[p.Path].Value, p.Value);
            }
            device.Scale(parameters.Masters, 1f / models.Count, new GradientTarget(sum, add: true));
        }
        device.Copy(sum, parameters.Masters);
        AtomicFolder.Write(output, temporary =>
            HuggingFaceFolder.Save(temporary, config, parameters, Tokenizer.IsIn(models[0]) ? Tokenizer.Load(models[0]) : null,
            settings: ModelFile.Open(models[0]).Settings));
    }
}
