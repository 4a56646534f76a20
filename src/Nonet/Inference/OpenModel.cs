using Nonet.Formats;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>A model from a folder, its weights mapped, on a device of its own. Hold one for as long as the model is used.</summary>
public sealed class OpenModel : IDisposable
{
    readonly CpuDevice device;

    /// <param name="path">A Hugging Face folder, or a run folder: its best checkpoint, else its last.</param>
    /// <param name="threads">Threads to compute with; null: all cores.</param>
    /// <exception cref="IOException">Something is missing or cannot be read; names the file.</exception>
    /// <exception cref="MalformedFileException">A file is damaged; names file and field.</exception>
    /// <exception cref="NotSupportedException">Another kind of model; names those that are supported.</exception>
    public OpenModel(string path, int? threads = null)
    {
        FolderPath = ModelPath.Resolve(path);
        var folder = HuggingFaceFolder.Open(FolderPath);
        Config = folder.Config;
        device = new CpuDevice(threads);
        try
        {
            var parameters = new ParameterStore(device);
            Model = Config.Create(parameters.Root);
            parameters.FillForInference(folder.Weights);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>The Hugging Face folder that was opened.</summary>
    public string FolderPath { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>An <see cref="ICausalModel"/>, an <see cref="IMaskedModel"/> or an <see cref="IEncoderDecoder"/>.</summary>
    public ILanguageModel Model { get; }

    /// <summary>The model as a decoder. Throws where it is none.</summary>
    public ICausalModel Decoder => Model as ICausalModel ?? throw new NotSupportedException($"{FolderPath}: found a {Config.Family}, which continues no text; expected a decoder, such as gpt2 or llama");

    public Device Device => device;
    public bool HasTokenizer => Tokenizer.IsIn(FolderPath);

    /// <summary>The tokenizer in the folder. Throws where there is none.</summary>
    public Tokenizer LoadTokenizer() => Tokenizer.Load(FolderPath);

    public void Dispose()
    {
        Model.Parameters.Dispose();
        device.Dispose();
    }
}
