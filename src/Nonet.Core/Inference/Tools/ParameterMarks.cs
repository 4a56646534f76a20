namespace Nonet.Inference.Tools;

/// <summary>The marks about each argument of a call whose arguments are not one JSON object. Texts stand as they are, other values as JSON.</summary>
/// <param name="NameStart">Before a name.</param>
/// <param name="NameEnd">After it.</param>
/// <param name="ValueEnd">After a value.</param>
sealed record ParameterMarks(string NameStart, string NameEnd, string ValueEnd)
{
    /// <summary>A second mark before a value; empty: none.</summary>
    public string ValueStart { get; init; } = "";

    /// <summary>Whether a value stands on lines of its own.</summary>
    public bool HasLines { get; init; }

    /// <summary>What is written between the name's and the value's marks.</summary>
    public string Between => ValueStart.Length > 0 ? "\n" : "";

    public string Line => HasLines ? "\n" : "";
}
