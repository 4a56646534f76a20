namespace Nonet.Scaling.Plans;

/// <summary>Hardware for training.</summary>
/// <param name="Name">Name by which it is selected.</param>
/// <param name="PeakFlops">Dense FLOP/s in BF16 (FP16 without BF16), as stated by the manufacturer.</param>
/// <param name="MemoryBytes">Memory of one accelerator in bytes.</param>
public sealed record Accelerator(string Name, double PeakFlops, double MemoryBytes)
{
    /// <summary>All known accelerators.</summary>
    public static IReadOnlyList<Accelerator> Known { get; } =
    [
        new("h200", 989e12, 141e9), new("h100", 989e12, 80e9), new("h100-pcie", 756e12, 80e9), new("b200", 2250e12, 180e9), new("a100", 312e12, 80e9),
        new("l40s", 362e12, 48e9), new("l4", 121e12, 24e9),
        new("a10", 125e12, 24e9), new("v100", 125e12, 32e9), new("t4", 65e12, 16e9), new("rtx4090", 165e12, 24e9), new("rtx3090", 71e12, 24e9),
        new("mi300x", 1307e12, 192e9), new("mi250x", 383e12, 128e9),
    ];

    /// <summary>Finds an accelerator by name, ignoring case.</summary>
    public static Accelerator? Find(string name) => Known.FirstOrDefault(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
