namespace Nonet.Scaling.Plans;

/// <summary>Memory that a model needs, in bytes.</summary>
/// <param name="Weights">
/// For training: 16 per parameter. These are weight, gradient and two moments in F32; or, in mixed precision, 2 + 2 and master weights and
/// moments in F32.
/// </param>
/// <param name="Activations">
/// For training, of one sequence: 34 · tokens · width per layer in 16 bits (Korthikanti et al. 2022, eq. 1, with fused attention), and the
/// logits in F32.
/// </param>
/// <param name="Serving">For serving: 2 per parameter.</param>
/// <param name="CachePerToken">For serving: keys and values of a token, 4 · layers · width.</param>
public sealed record MemoryNeed(double Weights, double Activations, double Serving, double CachePerToken)
{
    /// <summary>Usable share of an accelerator's memory.</summary>
    const double Usable = 0.9;

    /// <summary>Memory of a decoder with a shape, a vocabulary, and sequences of <paramref name="context"/> tokens.</summary>
    public static MemoryNeed Of(ModelShape shape, int vocab, int context) =>
        new(16 * shape.Parameters, (34.0 * shape.Layers * shape.Width + 4.0 * vocab) * context, 2 * shape.Parameters, 4.0 * shape.Layers * shape.Width);

    /// <summary>
    /// Number of accelerators that hold the training state. Weights, gradients and moments are divided among them; each holds the
    /// activations of a sequence. int.MaxValue if these activations alone do not fit.
    /// </summary>
    public int Accelerators(Accelerator kind)
    {
        var room = Usable * kind.MemoryBytes - Activations;
        return room > 0 ? (int)Math.Min(Math.Ceiling(Weights / room), int.MaxValue) : int.MaxValue;
    }
}
