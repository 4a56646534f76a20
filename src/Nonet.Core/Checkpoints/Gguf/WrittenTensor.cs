namespace Nonet.Checkpoints.Gguf;

/// <summary>A tensor that has been written to a file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its type there.</param>
/// <param name="Elements">Its elements.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Rmse">Root mean square of the rounding errors of its values.</param>
/// <param name="RelativeRmse">The same divided by the root mean square of the values; 0 if all values are zero.</param>
/// <param name="Share">Share of the file's elements that have been written.</param>
public sealed record WrittenTensor(string Name, string Type, long Elements, long Bytes, double Rmse, double RelativeRmse, double Share)
{
    /// <summary>Root mean square of the adapter's change of the values, before they were converted; null if it changed none.</summary>
    public double? ChangeRms { get; init; }

    /// <summary>Whether the conversion changed the values by more than the adapter did, so that most of the adapter's change is lost.</summary>
    public bool LosesChange => ChangeRms is { } change && change < Rmse;
}
