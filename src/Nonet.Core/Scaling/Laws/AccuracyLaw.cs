namespace Nonet.Scaling.Laws;

/// <summary>
/// Accuracy on a downstream task as a function of the loss: Floor + (Ceiling − Floor) / (1 + exp(Slope · (L − Midpoint))), a sigmoid as in
/// Grattafiori et al. 2024, section 3.2.1. Floor is the accuracy of guessing.
/// </summary>
public sealed record AccuracyLaw(double Floor, double Ceiling, double Slope, double Midpoint)
{
    /// <summary>Accuracy at a loss, from 0 to 1.</summary>
    public double At(double loss) => Floor + (Ceiling - Floor) / (1 + Math.Exp(Slope * (loss - Midpoint)));
}
