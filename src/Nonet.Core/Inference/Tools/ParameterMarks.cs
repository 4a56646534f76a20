namespace Nonet.Inference.Tools;

/// <summary>
/// The marks around each argument of a call whose arguments are not one JSON object. Strings are written without quotes, other values as JSON.
/// </summary>
/// <param name="NameStart">Mark before a name.</param>
/// <param name="NameEnd">Mark after a name.</param>
/// <param name="ValueEnd">Mark after a value.</param>
sealed record ParameterMarks(string NameStart, string NameEnd, string ValueEnd)
{
    /// <summary>A second mark before a value; empty: none.</summary>
    public string ValueStart { get; init; } = "";

    /// <summary>Whether a value is on separate lines.</summary>
    public bool HasLines { get; init; }

    /// <summary>The text between the mark after a name and the mark before a value.</summary>
    public string Between => ValueStart.Length > 0 ? "\n" : "";

    public string Line => HasLines ? "\n" : "";
}
