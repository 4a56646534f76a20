namespace Nonet.Scaling.Laws;

/// <summary>A law of the loss for any size and any amount of data.</summary>
public interface ILossSurface
{
    /// <summary>Nats per token.</summary>
    /// <param name="parameters">N.</param>
    /// <param name="tokens">D, all different.</param>
    double Loss(double parameters, double tokens);

    /// <summary>What no size and no amount of data goes below.</summary>
    double Floor { get; }
}
