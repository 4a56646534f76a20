namespace Nonet.Data.Masked;

/// <summary>N ids of S sequences laid end to end, M of them to be predicted.</summary>
public sealed record MaskedBatch
{
    /// <summary>(N), marks and masks included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>(N): place of each id in its sequence, from 0.</summary>
    public required int[] Positions { get; init; }

    /// <summary>(N): 0 up to the first separator of a pair, 1 behind it; 0 everywhere without pairs.</summary>
    public required int[] Segments { get; init; }

    /// <summary>(S + 1): first id of each sequence, and N.</summary>
    public required int[] Starts { get; init; }

    /// <summary>(M): places among <see cref="Ids"/> that are to be predicted, rising.</summary>
    public required int[] MaskedRows { get; init; }

    /// <summary>(M): the ids that stood there.</summary>
    public required int[] MaskedTargets { get; init; }

    /// <summary>(S): 0 where the second text follows the first, 1 where it is from another document; null without pairs.</summary>
    public required int[]? NextLabels { get; init; }

    public int Sequences => Starts.Length - 1;
}
