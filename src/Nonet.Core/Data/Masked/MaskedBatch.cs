namespace Nonet.Data.Masked;

/// <summary>N ids of S sequences, end to end. M of them are to be predicted.</summary>
public sealed record MaskedBatch
{
    /// <summary>(N): ids, including special tokens and masks.</summary>
    public required int[] Ids { get; init; }

    /// <summary>(N): position of each id in its sequence, from 0.</summary>
    public required int[] Positions { get; init; }

    /// <summary>(N): 0 up to the first separator of a pair and 1 after it; 0 everywhere without pairs.</summary>
    public required int[] Segments { get; init; }

    /// <summary>(S + 1): index of the first id of each sequence; the last entry is N.</summary>
    public required int[] Starts { get; init; }

    /// <summary>(M): increasing indices in <see cref="Ids"/> of the tokens to predict.</summary>
    public required int[] MaskedRows { get; init; }

    /// <summary>(M): the original ids at these places.</summary>
    public required int[] MaskedTargets { get; init; }

    /// <summary>(S): 0 if the second text follows the first, 1 if it is from another document; null without pairs.</summary>
    public required int[]? NextLabels { get; init; }

    /// <summary>S.</summary>
    public int Sequences => Starts.Length - 1;
}
