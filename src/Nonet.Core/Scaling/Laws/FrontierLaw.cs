namespace Nonet.Scaling.Laws;

/// <summary>N = N0 · C^a and D = D0 · C^b with a power law of the loss: what the IsoFLOP and envelope approaches give (Hoffmann et al. 2022, sections 3.1 and 3.2), and Kaplan et al.'s published optimum.</summary>
public sealed record FrontierLaw(double SizeScale, double SizeExponent, double TokenScale, double TokenExponent, PowerLaw LossOf) : IFrontier
{
    public double Floor => LossOf.Floor;

    public Allocation Optimum(double flops) =>
        new(flops, SizeScale * Math.Pow(flops, SizeExponent), TokenScale * Math.Pow(flops, TokenExponent), LossOf.At(flops));
}
