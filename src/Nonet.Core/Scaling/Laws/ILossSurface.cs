namespace Nonet.Scaling.Laws;

/// <summary>A law of the loss for any size and any amount of data.</summary>
public interface ILossSurface
{
    /// <summary>Loss in nats per token.</summary>
    /// <param name="parameters">N.</param>
    /// <param name="tokens">D, all distinct.</param>
    double Loss(double parameters, double tokens);

    /// <summary>Loss in nats per token that no size and no amount of data can reach.</summary>
    double Floor { get; }
}
