using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Training;

/// <summary>
/// A second model, trained beside the first, in a checkpoint; for example a critic. It is a Hugging Face folder with the state of its optimiser and
/// checksums.
/// </summary>
public static class CompanionModel
{
    /// <summary>Writes model and optimiser into a folder, which is created.</summary>
    public static void Save(string folder, ModelConfig config, ParameterStore parameters, Tokenizer tokenizer, Optimizer optimizer)
    {
        Directory.CreateDirectory(folder);
        HuggingFaceFolder.Save(folder, config, parameters, tokenizer);
        Checkpoint.SaveOptimizer(folder, parameters, optimizer);
        Checksums.Write(folder);
    }

    /// <summary>Restores model and optimiser from a folder that <see cref="Save"/> wrote. The parameters were filled for training.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged. The message names it.</exception>
    public static void Restore(string folder, ParameterStore parameters, Optimizer optimizer)
    {
        try
        {
            Checksums.Verify(folder);
            var weights = HuggingFaceFolder.Open(folder).Weights;
            foreach (var p in parameters.Trainable)
            {
                using var scope = new TensorScope();
                parameters.Device.Copy(weights.Find(p, parameters.Device)
                    ?? throw new CheckpointException($"{folder} has no values for parameter {p.Path} {p.Shape}"), p.Value);
            }
            Checkpoint.RestoreOptimizer(folder, parameters, optimizer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedFileException)
        {
            throw new CheckpointException($"cannot resume from {folder}: {e.Message}", e);
        }
    }
}
