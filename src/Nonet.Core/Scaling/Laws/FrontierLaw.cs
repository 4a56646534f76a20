namespace Nonet.Scaling.Laws;

/// <summary>
/// N = N0 · C^a and D = D0 · C^b, with a power law of the loss. The IsoFLOP and envelope approaches give it (Hoffmann et al. 2022, sections
/// 3.1 and 3.2), and Kaplan et al.'s published optimum has this form.
/// </summary>
public sealed record FrontierLaw(double SizeScale, double SizeExponent, double TokenScale, double TokenExponent, PowerLaw LossOf) : IFrontier
{
    /// <inheritdoc/>
    public double Floor => LossOf.Floor;

    /// <inheritdoc/>
    public Allocation Optimum(double flops) =>
        new(flops, SizeScale * Math.Pow(flops, SizeExponent), TokenScale * Math.Pow(flops, TokenExponent), LossOf.At(flops));
}
