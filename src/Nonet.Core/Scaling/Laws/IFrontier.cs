namespace Nonet.Scaling.Laws;

/// <summary>Optimal use of a number of FLOPs.</summary>
/// <param name="Flops">C.</param>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="Loss">Loss in nats per token.</param>
public readonly record struct Allocation(double Flops, double Parameters, double Tokens, double Loss);

/// <summary>A law of the optimal size and amount of data for a number of FLOPs.</summary>
public interface IFrontier
{
    /// <summary>Optimal allocation of a number of FLOPs.</summary>
    Allocation Optimum(double flops);

    /// <summary>Loss in nats per token that no number of FLOPs can reach.</summary>
    double Floor { get; }
}
