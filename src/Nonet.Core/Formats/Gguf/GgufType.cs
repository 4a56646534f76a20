using Nonet.Tensors;
using Nonet.Tensors.Quantization;

namespace Nonet.Formats.Gguf;

/// <summary>A type of GGUF tensors: blocks of <paramref name="BlockElements"/> elements in <paramref name="BlockBytes"/> bytes.</summary>
/// <param name="Id">Number in the file.</param>
/// <param name="Name">ggml's name.</param>
/// <param name="BlockElements">Elements of a block; 1 if the type is not quantised.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Plain">Type of a <see cref="Tensor"/> with the same bytes; null: none.</param>
sealed record GgufType(uint Id, string Name, int BlockElements, int BlockBytes, DType? Plain = null)
{
    /// <summary>
    /// All types of ggml: those that Nonet computes with, with the quantised ones as their formats describe them, and those that it can only name.
    /// Missing numbers were withdrawn.
    /// </summary>
    public static readonly IReadOnlyList<GgufType> All =
    [
        new(0, "F32", 1, 4, DType.F32), new(1, "F16", 1, 2, DType.F16), new(24, "I8", 1, 1, DType.I8), new(26, "I32", 1, 4, DType.I32),
        new(28, "F64", 1, 8, DType.F64),
        new(30, "BF16", 1, 2, DType.BF16),
        .. QuantizedFormats.All.Select(f => new GgufType((uint)f.GgmlType, f.Name, f.BlockElements, f.BlockBytes, f.Type)),
        new(9, "Q8_1", 32, 36), new(15, "Q8_K", 256, 292), new(16, "IQ2_XXS", 256, 66), new(17, "IQ2_XS", 256, 74), new(18, "IQ3_XXS", 256, 98),
        new(19, "IQ1_S", 256, 50),
        new(21, "IQ3_S", 256, 110), new(22, "IQ2_S", 256, 82), new(23, "IQ4_XS", 256, 136), new(25, "I16", 1, 2), new(27, "I64", 1, 8),
        new(29, "IQ1_M", 256, 56),
        new(34, "TQ1_0", 256, 54), new(35, "TQ2_0", 256, 66), new(39, "MXFP4", 32, 17), new(40, "NVFP4", 64, 36),
    ];

    /// <summary>Names of the types that a <see cref="Tensor"/> can have.</summary>
    public static string Computable => string.Join(", ", All.Where(t => t.Plain is not null).Select(t => t.Name));

    static readonly Dictionary<uint, string> withdrawn = new()
    {
        [4] = "Q4_2",
        [5] = "Q4_3",
        [31] = "Q4_0_4_4",
        [32] = "Q4_0_4_8",
        [33] = "Q4_0_8_8",
        [36] = "IQ4_NL_4_4",
        [37] = "IQ4_NL_4_8",
        [38] = "IQ4_NL_8_8",
    };

    public static GgufType? Find(uint id) => All.FirstOrDefault(t => t.Id == id);

    public static GgufType Named(string name) => All.First(t => t.Name == name);

    /// <summary>Name of a type number that is not in <see cref="All"/>.</summary>
    public static string Describe(uint id) => withdrawn.TryGetValue(id, out var name) ? $"{name}, which was withdrawn" : $"type {id}";
}
