using Nonet.Formats;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Cli;

/// <summary>A model of a MODEL argument, its weights mapped, on a device of its own.</summary>
sealed class OpenModel : IDisposable
{
    readonly CpuDevice device;

    public OpenModel(string path, int? threads)
    {
        FolderPath = ModelPath.Resolve(path);
        var folder = HuggingFaceFolder.Open(FolderPath);
        Config = folder.Config;
        device = MakeDevice(threads);
        try
        {
            var parameters = new ParameterStore(device);
            Model = Config is GptConfig gpt ? new Gpt(gpt, parameters.Root) : new Llama((LlamaConfig)Config, parameters.Root);
            parameters.FillForInference(folder.Weights);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public string FolderPath { get; }

    /// <summary>A <see cref="GptConfig"/> or a <see cref="LlamaConfig"/>.</summary>
    public object Config { get; }
    public ICausalModel Model { get; }
    public Device Device => device;
    public bool HasTokenizer => Tokenizer.IsIn(FolderPath);

    public Tokenizer LoadTokenizer() => Tokenizer.Load(FolderPath);

    public static CpuDevice MakeDevice(int? threads) => new(threads is { } n ? new CpuOptions { Threads = n } : new CpuOptions());

    public void Dispose()
    {
        Model.Parameters.Dispose();
        device.Dispose();
    }
}
