using System.Globalization;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Training;

/// <summary>
/// A saved point of a run: a Hugging Face folder (config.json, model.safetensors, tokenizer) that anything can open as a model, with
/// optimizer.safetensors (the optimiser's state by parameter path), training.json and SHA256SUMS beside it. Holds no times: the same run writes the same bytes.
/// </summary>
public sealed class Checkpoint
{
    const string OptimizerName = "optimizer.safetensors";
    readonly HuggingFaceFolder folder;

    Checkpoint(string path)
    {
        Checksums.Verify(path);
        FullPath = path;
        State = TrainingState.Read(path);
        folder = HuggingFaceFolder.Open(path);
    }

    public string FullPath { get; }
    public TrainingState State { get; }

    /// <summary>The weights: what the model's store is filled from before <see cref="Restore"/>.</summary>
    public IWeightSource Weights => folder.Weights;

    /// <summary>Writes one whole, or not at all.</summary>
    /// <param name="into">The run's checkpoints.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="tokenizer">What its ids mean.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="state">Where the run stands.</param>
    /// <returns>The folder.</returns>
    public static string Save(CheckpointFolder into, ModelConfig config, ParameterStore parameters, Tokenizer tokenizer, Optimizer optimizer, TrainingState state) =>
        into.Save(state.Step, best: state.Best?.Step == state.Step, folder =>
        {
            HuggingFaceFolder.Save(folder, config, parameters, tokenizer);
            SaveState(Path.Combine(folder, OptimizerName), parameters, optimizer);
            state.Write(folder);
        });

    /// <summary>Opens a checkpoint after checking every byte of it. Throws a <see cref="CheckpointException"/> naming the file that is damaged.</summary>
    public static Checkpoint Open(string path)
    {
        try
        {
            return new Checkpoint(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedFileException)
        {
            throw new CheckpointException($"cannot resume from {path}: {e.Message}", e);
        }
    }

    /// <summary>Gives a store that is filled for training the weights that it had.</summary>
    public void RestoreWeights(ParameterStore parameters)
    {
        foreach (var p in parameters.Parameters)
        {
            using var scope = new TensorScope();
            var saved = Weights.Find(p, parameters.Device) ?? throw new CheckpointException($"{FullPath} has no values for parameter {p.Path} {p.Shape}");
            parameters.Device.Copy(saved, p.Value);
        }
    }

    /// <summary>Gives an optimiser the state and the step count that it had.</summary>
    public void Restore(ParameterStore parameters, Optimizer optimizer)
    {
        var path = Path.Combine(FullPath, OptimizerName);
        var file = SafetensorsFile.Open(path);
        using var scope = new TensorScope();
        foreach (var p in parameters.Parameters.Where(p => !p.Frozen))
        {
            foreach (var (name, values) in optimizer.StateOf(p))
            {
                var saved = file.Read($"{name}/{p.Path}", parameters.Device);
                if (saved.Shape != p.Shape)
                    throw new CheckpointException($"{path}: tensor '{name}/{p.Path}' has shape {saved.Shape}; the parameter has {p.Shape}");
                parameters.Device.Copy(saved, values);
            }
        }
        optimizer.Steps = file.Metadata.TryGetValue("steps", out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var steps) ? steps
            : throw new CheckpointException($"{path}: metadata field steps: a number was expected, found {text ?? "nothing"}");
    }

    static void SaveState(string path, ParameterStore parameters, Optimizer optimizer)
    {
        using var scope = new TensorScope();
        var writer = new SafetensorsWriter().Metadata("steps", optimizer.Steps.ToString(CultureInfo.InvariantCulture));
        foreach (var p in parameters.Parameters.Where(p => !p.Frozen))
        {
            foreach (var (name, values) in optimizer.StateOf(p))
                writer.Add($"{name}/{p.Path}", values);
        }
        writer.Save(path);
    }
}
