using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Cli.Tests;

/// <summary>Models with random weights.</summary>
static class RandomModel
{
    /// <summary>Saves a model in a folder and returns the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="tokenizer">Its tokenizer; null: bytes.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static string Save(string folder, ModelConfig config, Tokenizer? tokenizer = null, ulong seed = 3)
    {
        using var device = new CpuDevice(1);
        using var parameters = new ParameterStore(device);
        config.Create(parameters.Root);
        parameters.FillForTraining(seed);
        HuggingFaceFolder.Save(folder, config, parameters, tokenizer ?? new ByteTokenizer());
        return folder;
    }
}
