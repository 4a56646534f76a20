namespace Nonet.Tensors.Quantization;

/// <summary>All formats. A new one is a name in <see cref="DType"/>, a file in this folder, and a line here.</summary>
public static class QuantizedFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<QuantizedFormat> All { get; } =
        [new Q8_0(), new Q4_0(), new Q4_1(), new Q5_0(), new Q5_1(), new Q2_K(), new Q3_K(), new Q4_K(), new Q5_K(), new Q6_K(), new IQ4_NL()];

    static readonly QuantizedFormat?[] byType = ByType();

    /// <summary>The format of a type; null if the type is not quantised.</summary>
    public static QuantizedFormat? Find(DType type) => (int)type < byType.Length ? byType[(int)type] : null;

    /// <summary>The format of a quantised type. Throws for another type.</summary>
    public static QuantizedFormat Of(DType type) =>
        Find(type)
        ?? throw new ArgumentException($"{type} is not a quantised type; expected one of {string.Join(", ", All.Select(f => f.Name))}", nameof(type));

    /// <summary>The format with the given name in ggml; null if there is none.</summary>
    public static QuantizedFormat? Named(string name) => All.FirstOrDefault(f => f.Name == name);

    static QuantizedFormat?[] ByType()
    {
        var formats = new QuantizedFormat?[All.Max(f => (int)f.Type) + 1];
        foreach (var format in All)
            formats[(int)format.Type] = format;
        return formats;
    }
}
