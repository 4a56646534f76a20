using System.Text.Json;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.PyTorch;
using Nonet.Formats.Safetensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>The two files of a PEFT adapter: its configuration, and its tensors under their names in the model.</summary>
sealed class PeftFiles
{
    public const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors", PyTorchName = "adapter_model.bin",
        Prefix = "base_model.model.";
    const string Base = ".base_layer";

    readonly LayerPatterns alphas;
    readonly string[] modules;
    readonly Lazy<ITensorStore> store;

    public PeftFiles(string folder)
    {
        Fields = JsonFields.Read(Path.Combine(folder, ConfigName));
        store = new Lazy<ITensorStore>(() => OpenWeights(folder));
        alphas = new LayerPatterns(Fields, "alpha_pattern");
        modules = [.. Fields.Array("modules_to_save")
            .Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Fields.Wrong("modules_to_save", "an array of names"))];
    }

    /// <summary>adapter_config.json.</summary>
    public JsonFields Fields { get; }

    /// <summary>adapter_model.safetensors, or adapter_model.bin.</summary>
    public ITensorStore Store => store.Value;

    /// <summary>Tensors of the adapter in a folder.</summary>
    public static ITensorStore OpenWeights(string folder)
    {
        var (weights, pytorch) = (Path.Combine(folder, WeightsName), Path.Combine(folder, PyTorchName));
        return File.Exists(weights) ? SafetensorsFile.Open(weights) : File.Exists(pytorch) ? PyTorchFile.Open(pytorch)
            : throw new FileNotFoundException($"{folder}: found neither {WeightsName} nor {PyTorchName}; expected one of them", weights);
    }

    /// <summary>A tensor by its name without <see cref="Prefix"/>; null if the file lacks it.</summary>
    public StoredTensor? Find(string name) => Store.Tensors.GetValueOrDefault(Prefix + name);

    /// <summary>Whether the file contains anything of a module besides its original weights.</summary>
    public bool Changes(string module) =>
        Store.Tensors.Keys.Any(name =>
        name.StartsWith($"{Prefix}{module}.", StringComparison.Ordinal) && !name.StartsWith($"{Prefix}{module}{Base}.", StringComparison.Ordinal));

    /// <summary>classifier for classifier.weight.</summary>
    public static string ModuleOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    /// <summary>Whether modules_to_save names a module or one around it.</summary>
    public bool IsKeptWhole(string module)
    {
        var dotted = $".{module}.";
        return modules.Any(m => dotted.Contains($".{m}.", StringComparison.Ordinal));
    }

    /// <summary>Name under which PEFT saves the original weight of an embedding or output layer with an adapter.</summary>
    public static string BaseOf(string name) => name.LastIndexOf('.') is >= 0 and var dot ? name[..dot] + Base + name[dot..] : name;

    /// <summary>α / r, or α / √r with rslora. Both may differ by layer.</summary>
    public double Scale(string module, long rank)
    {
        var alpha = alphas.For(module) ?? Fields.Number("lora_alpha", 8, -1e9, 1e9);
        return alpha / Divisor(rank, IsRankStabilized);
    }

    /// <summary>Whether α is divided by √r instead of r.</summary>
    public bool IsRankStabilized => Fields.Flag("use_rslora", false);

    /// <summary>What α is divided by.</summary>
    public static double Divisor(long rank, bool isRankStabilized) => isRankStabilized ? Math.Sqrt(rank) : rank;
}
