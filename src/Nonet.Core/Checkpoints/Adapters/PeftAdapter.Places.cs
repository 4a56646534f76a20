using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Places of an adapter's matrices in its files, and the values there.</summary>
public sealed partial class PeftAdapter
{
    /// <summary>Place of a layer's weight in a checkpoint. A tied output layer has the name that it would have if it were separate.</summary>
    static ForeignWeight? PlaceOf(IAdaptable layer, ForeignNames names) => names.Map(layer is TiedProjection ? "output/weight" : layer.Weight.Path);

    static ForeignWeight Place(IAdaptable layer, ForeignNames names) =>
        PlaceOf(layer, names)
        ?? throw new NotSupportedException(
        $"an adapter on {layer.Weight} {(layer is TiedProjection ? "as the output layer " : "")}has no name in a checkpoint of this family");

    /// <summary>lm_head for lm_head.weight.</summary>
    static string ModuleOf(ForeignWeight weight) => weight.Name[..^".weight".Length];

    /// <summary>PEFT's names of the two matrices of a module.</summary>
    static (string A, string B) NamesOf(IAdaptable layer, string module) => layer is Embedding
        ? ($"{Prefix}{module}.lora_embedding_A", $"{Prefix}{module}.lora_embedding_B")
        : ($"{Prefix}{module}.lora_A.weight", $"{Prefix}{module}.lora_B.weight");

    /// <summary>Adds the places of a layer's adapter in the file. For a table, PEFT's A is B here and vice versa, both transposed.</summary>
    static void AddStored(Dictionary<string, Stored> found, IAdaptable layer, LowRankAdapter adapter, StoredTensor a, StoredTensor b, ForeignWeight weight)
    {
        var isTable = layer is Embedding;
        found.Add(adapter.A.Path, new Stored(isTable ? b : a, 0, isTable));
        found.Add(adapter.B.Path, new Stored(isTable ? a : b, isTable ? 0 : (long)weight.Start * adapter.B.Shape[1], isTable, weight.Deinterleave));
    }

    /// <summary>PEFT's name of the magnitudes of a module.</summary>
    static string MagnitudeOf(string module) => $"{Prefix}{module}.lora_magnitude_vector";

    /// <summary>Adds the place of a layer's magnitudes in the file, and returns their name.</summary>
    static string AddMagnitude(Dictionary<string, Stored> found, LowRankAdapter adapter, ITensorStore file, string module, long outputs, ForeignWeight weight)
    {
        var name = new[] { MagnitudeOf(module), MagnitudeOf(module) + ".weight" }.FirstOrDefault(file.Tensors.ContainsKey)
            ?? throw new MalformedFileException(file.FilePath, $"no tensor '{MagnitudeOf(module)}'", "the magnitudes of an adapter with use_dora");
        if (!file.Tensors[name].Shape.SequenceEqual([outputs]))
            throw new MalformedFileException(file.FilePath, $"{file.Tensors[name]}", $"[{outputs}]");
        found.Add(adapter.Magnitude!.Path, new Stored(file.Tensors[name], weight.Start, false, weight.Deinterleave));
        return name;
    }

    /// <summary>
    /// Values of A, B and the parameters that are saved in full, as <see cref="Save"/> wrote them, to fill this adapter again. It has no
    /// values of other parameters.
    /// </summary>
    /// <exception cref="MalformedFileException">The file lacks one of them or has it in another shape.</exception>
    public IWeightSource Saved(string folder, ModelConfig config)
    {
        var files = new PeftFiles(folder);
        var file = files.Store;
        var names = CheckpointFamily.Of(config).Names(config);
        var found = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var (layer, adapter) in layers)
        {
            var weight = Place(layer, names);
            var (nameA, nameB) = NamesOf(layer, ModuleOf(weight));
            var (a, b) = layer is Embedding ? (adapter.B, adapter.A) : (adapter.A, adapter.B);
            AddStored(found, layer, adapter, Of(nameA, a, layer is Embedding), Of(nameB, b, layer is Embedding), weight);
            if (adapter.Magnitude is { } magnitude)
                AddMagnitude(found, adapter, file, ModuleOf(weight), weight.Total == 0 ? magnitude.Shape[0] : weight.Total, weight);
        }
        return new Source(found, new WholeWeights(files, names));

        StoredTensor Of(string name, Parameter parameter, bool transposed)
        {
            long[] shape = transposed ? [parameter.Shape[1], parameter.Shape[0]] : [parameter.Shape[0], parameter.Shape[1]];
            return file.Tensors.TryGetValue(name, out var stored) && stored.Shape.SequenceEqual(shape) ? stored
                : throw new MalformedFileException(file.FilePath, stored is null ? $"no tensor '{name}'" : $"{stored}",
                    $"[{string.Join(", ", shape)}] for {parameter}");
        }
    }

    /// <summary>Place of a matrix of an adapter: from an element of a tensor on, possibly transposed.</summary>
    /// <param name="Tensor">The tensor.</param>
    /// <param name="Start">First element.</param>
    /// <param name="IsTransposed">Whether the matrix is stored transposed.</param>
    /// <param name="Deinterleave">Width of a head whose rows are (pair, 2) in the model and (2, pair) in the file; 0: the same order.</param>
    sealed record Stored(StoredTensor Tensor, long Start, bool IsTransposed, int Deinterleave = 0);

    sealed class Source(Dictionary<string, Stored> found, WholeWeights? kept) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device)
        {
            if (!found.TryGetValue(parameter.Path, out var stored))
                return kept?.Has(parameter.Path) == true ? kept.Find(parameter, device) : null;
            var (tensor, start, isTransposed, deinterleave) = stored;
            if (tensor.DType?.IsFloat() != true)
                throw new MalformedFileException(tensor.FilePath, $"tensor '{tensor.Name}' of {tensor.Type}", "F32, BF16, F16 or F64");
            if (isTransposed)
                return Ops.Transpose(Widened(tensor.Read(start, new Shape(parameter.Shape[1], parameter.Shape[0]), device)), 0, 1);
            return deinterleave == 0 ? tensor.Read(start, parameter.Shape, device)
                : device.Upload(CheckpointWeights.Interleaved(tensor.Read(start, parameter.Shape, device.Host), deinterleave));
        }
    }

    static Tensor Widened(Tensor x)
    {
        var y = x.Device.Empty(x.Shape, x.Device.Float);
        x.Device.Copy(x, y);
        return y;
    }
}
