using Nonet.Formats.Safetensors;
using Nonet.Tensors;

namespace Nonet.Checkpoints;

/// <summary>
/// The parameters of any model in one safetensors file, each under its path ("blocks.0.attention.query.weight"), for architectures outside
/// the published families.
/// </summary>
/// <example><code>
/// ParameterFile.Save("model.safetensors", parameters);
/// other.FillForInference(ParameterFile.Open("model.safetensors"));
/// </code></example>
public sealed class ParameterFile : IWeightSource
{
    readonly SafetensorsFile file;

    ParameterFile(SafetensorsFile file) => this.file = file;

    /// <summary>Writes all parameters of a store to a temporary file, which is then renamed.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, ParameterStore parameters)
    {
        var writer = new SafetensorsWriter();
        foreach (var p in parameters.Parameters)
            writer.Add(NameOf(p), p.Value);
        writer.Save(path);
    }

    /// <summary>Opens a file that <see cref="Save"/> wrote.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged. The message names the file and the field.</exception>
    public static ParameterFile Open(string path) => new(SafetensorsFile.Open(path));

    /// <summary>Values of a parameter.</summary>
    /// <exception cref="InvalidDataException">The file lacks the parameter or has it in another shape. The message names both.</exception>
    public Tensor? Find(Parameter parameter, Device device)
    {
        var name = NameOf(parameter);
        if (!file.Tensors.TryGetValue(name, out var stored))
            throw new Files.MalformedFileException(file.FilePath, $"no tensor '{name}'", $"the values of parameter {parameter}");
        var shape = Enumerable.Range(0, parameter.Shape.Rank).Select(axis => (long)parameter.Shape[axis]).ToArray();
        if (!stored.Shape.SequenceEqual(shape))
            throw new Files.MalformedFileException(file.FilePath, $"tensor '{name}' of shape [{string.Join(", ", stored.Shape)}]",
                $"[{string.Join(", ", shape)}] for parameter {parameter}");
        if (stored.DType?.IsFloat() != true)
            throw new Files.MalformedFileException(file.FilePath, $"tensor '{name}' of {stored.Type}", "F32, F64, BF16 or F16");
        using var scope = new TensorScope();
        return scope.Keep(device.Upload(CheckpointWeights.Computable(stored.Read(device.Host))));
    }

    static string NameOf(Parameter p) => p.Path.Replace('/', '.');
}
