namespace Nonet.Inference.Constraints.Json;

/// <summary>Where a JSON text may have white space between its signs.</summary>
public enum JsonWhitespace
{
    /// <summary>Between signs inside the outermost brackets nothing, a space, or a line's end and up to 20 spaces or tabs of indentation.</summary>
    Flexible,

    /// <summary>None.</summary>
    Compact,

    /// <summary>One space after each comma and colon, as Python's json module writes.</summary>
    Spaced,
}

/// <summary>Settings of a constraint made from a JSON schema.</summary>
public sealed record JsonSchemaOptions
{
    /// <summary>White space between the values and signs of JSON.</summary>
    public JsonWhitespace Whitespace { get; init; } = JsonWhitespace.Flexible;
}
