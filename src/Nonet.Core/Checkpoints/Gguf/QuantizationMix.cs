using System.Globalization;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors.Quantization;

namespace Nonet.Checkpoints.Gguf;

/// <summary>
/// The types of a model's matrices, by llama.cpp's names. A mix such as Q4_K_M gives more bits to matrices that lose more by rounding: the output,
/// the values, and the second matrix of the feed-forward layers.
/// </summary>
public sealed class QuantizationMix
{
    readonly string type;
    readonly char size; // S, M or L of a K mix; otherwise blank

    QuantizationMix(string name, uint fileType, string type, char size = ' ')
    {
        (Name, FileType, this.type, this.size) = (name, fileType, type, size);
    }

    /// <summary>All mixes.</summary>
    public static IReadOnlyList<QuantizationMix> All { get; } =
    [
        new("F32", 0, "F32"), new("F16", 1, "F16"), new("BF16", 32, "BF16"), new("Q8_0", 7, "Q8_0"), new("Q6_K", 18, "Q6_K"),
        new("Q5_K_M", 17, "Q5_K", 'M'), new("Q5_K_S", 16, "Q5_K", 'S'), new("Q5_1", 9, "Q5_1"), new("Q5_0", 8, "Q5_0"),
        new("Q4_K_M", 15, "Q4_K", 'M'), new("Q4_K_S", 14, "Q4_K", 'S'), new("IQ4_NL", 25, "IQ4_NL"), new("Q4_1", 3, "Q4_1"), new("Q4_0", 2, "Q4_0"),
        new("Q3_K_L", 13, "Q3_K", 'L'), new("Q3_K_M", 12, "Q3_K", 'M'), new("Q3_K_S", 11, "Q3_K", 'S'), new("Q2_K", 10, "Q2_K", 'M'),
        new("Q2_K_S", 21, "Q2_K", 'S'),
    ];

    /// <summary>The mix with the given name, in upper or lower case; Q4_K means Q4_K_M, and so on. Null if there is none.</summary>
    public static QuantizationMix? Named(string name)
    {
        var wanted = name.ToUpperInvariant();
        return All.FirstOrDefault(m => m.Name == wanted) ?? All.FirstOrDefault(m => m.Name == wanted + "_M");
    }

    /// <summary>llama.cpp's name.</summary>
    public string Name { get; }

    /// <summary>Number of the mix in a file's metadata.</summary>
    public uint FileType { get; }

    /// <summary>Whether matrices are quantised, rather than floats.</summary>
    public bool IsQuantized => QuantizedFormats.Named(type) is not null;

    /// <summary>Properties of a model that determine the types.</summary>
    /// <param name="Layers">Number of blocks.</param>
    /// <param name="Group">Number of query heads that share a key head.</param>
    /// <param name="Experts">Number of experts in a layer; 1: none.</param>
    /// <param name="HasOutput">Whether the output has a matrix of its own; otherwise the token table is the output, too.</param>
    internal readonly record struct Model(int Layers, int Group, int Experts, bool HasOutput)
    {
        public static Model Of(ModelConfig config, int layers, bool hasOutput) =>
            new(layers, config is LlamaConfig llama ? llama.Heads / llama.KvHeads : 1, config is Qwen3MoeConfig experts ? experts.Experts : 1, hasOutput);
    }

    /// <summary>The type of a matrix.</summary>
    /// <param name="tensor">Name of the matrix in the file.</param>
    /// <param name="width">Elements of a row. If they are not whole blocks of the type, another type is used.</param>
    /// <param name="model">The model.</param>
    internal string TypeOf(string tensor, long width, in Model model)
    {
        if (!IsQuantized)
            return type;
        var wanted = Wanted(tensor, width, model);
        if (Divides(wanted, width))
            return wanted;
        var replaced = wanted switch
        {
            "Q2_K" or "Q3_K" => "IQ4_NL",
            "Q4_K" => "Q5_0",
            "Q5_K" => "Q5_1",
            "Q6_K" => "Q8_0",
            _ => wanted,
        };
        return Divides(replaced, width) ? replaced : "F16";
    }

    static bool Divides(string type, long width) => width % QuantizedFormats.Named(type)!.BlockElements == 0;

    string Wanted(string tensor, long width, in Model model)
    {
        if (tensor == "output.weight" || tensor == "token_embd.weight" && !model.HasOutput)
            return !Divides(type, width) || type == "Q8_0" ? "Q8_0" : "Q6_K";
        var layer = LayerOf(tensor);
        if (tensor.Contains("attn_v.weight", StringComparison.Ordinal))
            return Values(layer, model);
        if (tensor.Contains("attn_k.weight", StringComparison.Ordinal) && model.Experts == 8)
            return "Q8_0";
        if (tensor.Contains("ffn_down", StringComparison.Ordinal))
            return Down(layer, model.Layers);
        if (tensor.Contains("attn_output.weight", StringComparison.Ordinal))
        {
            if (model.Experts == 8)
                return type is "Q2_K" && size == 'M' || type is "Q3_K" && size != 'L' || type is "Q4_K" or "IQ4_NL" ? "Q5_K" : type;
            return (type, size) switch
            {
                ("Q2_K", 'M') => "Q3_K",
                ("Q3_K", 'M') => "Q4_K",
                ("Q3_K", 'L') => "Q5_K",
                _ => type,
            };
        }
        if (tensor.Contains("attn_qkv.weight", StringComparison.Ordinal))
        {
            return (type, size) switch
            {
                ("Q3_K", 'M' or 'L') => "Q4_K",
                ("Q4_K", 'M') => "Q5_K",
                ("Q5_K", 'M') => "Q6_K",
                _ => type,
            };
        }
        return type;
    }

    string Values(int layer, in Model model)
    {
        var wanted = (type, size) switch
        {
            ("Q2_K", 'M') => model.Group >= 4 ? "Q4_K" : "Q3_K",
            ("Q2_K", 'S') when model.Group >= 4 => "Q4_K",
            ("Q3_K", 'M') => layer < 2 ? "Q5_K" : "Q4_K",
            ("Q3_K", 'L') => "Q5_K",
            ("IQ4_NL", _) when model.Group >= 4 => "Q5_K",
            ("Q4_K" or "Q5_K", 'M') when IsDelicate(layer, model.Layers) => "Q6_K",
            ("Q4_K", 'S') when layer < 4 => "Q5_K",
            _ => type,
        };
        if (model is { Layers: 80, Group: > 1 } && wanted is "Q3_K" or "Q4_K") // 70 B: eight queries share a value, so a better one costs little
            wanted = "Q5_K";
        return model.Experts == 8 ? "Q8_0" : wanted;
    }

    string Down(int layer, int layers) => (type, size) switch
    {
        ("Q2_K", 'M') => "Q3_K",
        ("Q2_K", 'S') when layer < layers / 8 => "Q4_K",
        ("Q3_K", 'M') => layer < layers / 16 ? "Q5_K" : "Q4_K",
        ("Q3_K", 'L') => "Q5_K",
        ("Q4_K" or "Q5_K", 'M') when IsDelicate(layer, layers) => "Q6_K",
        ("IQ4_NL", _) or ("Q4_K", 'S') when layer < layers / 8 => "Q5_K",
        _ => type,
    };

    /// <summary>Whether a layer is in the first or last eighth of the layers, or is every third one between them.</summary>
    static bool IsDelicate(int layer, int layers) => layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    /// <summary>N of blk.N.; 0 if the tensor belongs to no layer.</summary>
    static int LayerOf(string tensor) =>
        tensor.Split('.') is ["blk", var number, ..] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : 0;
}
