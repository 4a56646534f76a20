namespace Nonet.Scaling.Plans;

/// <summary>Bytes that a model takes.</summary>
/// <param name="Weights">To train: 16 a parameter, which is weight, gradient and two moments in F32, or in mixed precision 2 + 2 and F32 master weights and moments.</param>
/// <param name="Activations">To train, of one sequence: 34 · tokens · width a layer in 16 bits (Korthikanti et al. 2022, eq. 1, attention fused), and the logits in F32.</param>
/// <param name="Serving">To serve: 2 a parameter.</param>
/// <param name="CachePerToken">To serve, of keys and values of a token: 4 · layers · width.</param>
public sealed record MemoryNeed(double Weights, double Activations, double Serving, double CachePerToken)
{
    /// <summary>Share of an accelerator's memory that can be filled.</summary>
    const double Usable = 0.9;

    public static MemoryNeed Of(ModelShape shape, int vocab, int context) => new(16 * shape.Parameters, (34.0 * shape.Layers * shape.Width + 4.0 * vocab) * context, 2 * shape.Parameters, 4.0 * shape.Layers * shape.Width);

    /// <summary>Accelerators of a kind that hold it: weights, gradients and moments divided among them, a sequence's activations on each; int.MaxValue where those alone fill one.</summary>
    public int Accelerators(Accelerator kind)
    {
        var room = Usable * kind.MemoryBytes - Activations;
        return room > 0 ? (int)Math.Min(Math.Ceiling(Weights / room), int.MaxValue) : int.MaxValue;
    }
}
