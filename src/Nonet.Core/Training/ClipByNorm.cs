namespace Nonet.Training;

/// <summary>Gradient clipping by global norm: Pascanu et al. 2013, algorithm 1.</summary>
public static class ClipByNorm
{
    /// <summary>Factor that limits the norm of the gradients to <paramref name="limit"/>: min(1, limit / norm); 1 without a limit.</summary>
    public static double Factor(double norm, double? limit)
    {
        if (limit is not { } most)
            return 1;
        if (most is not (> 0 and <= double.MaxValue))
            throw new ArgumentException($"clip is {most}: expected a number above 0, or null for no clipping");
        return norm > most ? most / norm : 1;
    }
}
