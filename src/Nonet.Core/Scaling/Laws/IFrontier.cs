namespace Nonet.Scaling.Laws;

/// <summary>The best that a number of FLOPs can reach.</summary>
/// <param name="Flops">C.</param>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="Loss">Nats per token.</param>
public readonly record struct Allocation(double Flops, double Parameters, double Tokens, double Loss);

/// <summary>A law of the best size and amount of data for a number of FLOPs.</summary>
public interface IFrontier
{
    /// <summary>The best allocation of a number of FLOPs.</summary>
    Allocation Optimum(double flops);

    /// <summary>What no number of FLOPs goes below, in nats per token.</summary>
    double Floor { get; }
}
