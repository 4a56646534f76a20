using Nonet.Tensors;

namespace Nonet.Formats;

/// <summary>
/// LoRA of a token table as PEFT keeps it: lora_embedding_A (r, rows) and lora_embedding_B (width, r). Hu et al. 2021, section 4.1. A row of the table changes by
/// scale · Aᵀ Bᵀ, so that the change is added to the table as it is read.
/// </summary>
sealed class EmbeddingAdapter(PeftFiles files, ForeignNames names)
{
    /// <summary>Names that the two may have in the file.</summary>
    public static IEnumerable<string> NamesFor(string weight) => [NameOf(weight, 'A'), NameOf(weight, 'B')];

    /// <summary>A table's values with the change; as they are where the adapter has none for it.</summary>
    public Tensor Added(Parameter parameter, Tensor values)
    {
        if (names.Map(parameter.Path) is not { } weight || files.Store.Tensors.GetValueOrDefault(NameOf(weight.Name, 'A')) is not { } a || files.Store.Tensors.GetValueOrDefault(NameOf(weight.Name, 'B')) is not { } b)
            return values;
        var rank = a.Shape.Count == 2 ? a.Shape[0] : 0;
        if (rank is < 1 or > 1 << 16 || parameter.Shape.Rank != 2 || a.Shape[1] != parameter.Shape[0] || !b.Shape.SequenceEqual([parameter.Shape[1], rank]))
            throw new MalformedFileException(files.Store.FilePath, $"{a} and {b}", $"(r, {parameter.Shape[0]}) and ({parameter.Shape.Last}, r) for {parameter}");
        if (a.DType?.IsFloat() != true || b.DType?.IsFloat() != true)
            throw new MalformedFileException(files.Store.FilePath, $"{a} and {b}", "F32, BF16, F16 or F64");
        using var scope = new TensorScope();
        var device = values.Device;
        var scale = (float)files.Scale(PeftAdapter.ModuleOf(weight.Name), rank);
        var change = Ops.Linear(Ops.Transpose(Float(a.Read(device)), 0, 1), Float(b.Read(device))); // (rows, r) · (width, r)ᵀ
        return scope.Keep(Ops.Add(Float(values), Ops.Scale(change, scale)));
    }

    static string NameOf(string weight, char letter) => $"{PeftFiles.Prefix}{PeftAdapter.ModuleOf(weight)}.lora_embedding_{letter}";

    static Tensor Float(Tensor x)
    {
        if (x.DType == x.Device.Float)
            return x;
        var y = x.Device.Empty(x.Shape, x.Device.Float);
        x.Device.Copy(x, y);
        return y;
    }
}
