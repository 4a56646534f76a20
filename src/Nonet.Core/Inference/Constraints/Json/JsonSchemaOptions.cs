namespace Nonet.Inference.Constraints.Json;

/// <summary>White space that a JSON text may have between its values and punctuation.</summary>
public enum JsonWhitespace
{
    /// <summary>Inside the outermost brackets: nothing, a space, or a line end with up to 20 spaces or tabs of indentation.</summary>
    Flexible,

    /// <summary>None.</summary>
    Compact,

    /// <summary>One space after each comma and colon, as Python's json module writes.</summary>
    Spaced,
}

/// <summary>Settings of a constraint made from a JSON schema.</summary>
public sealed record JsonSchemaOptions
{
    /// <summary>White space between the values and the punctuation of JSON.</summary>
    public JsonWhitespace Whitespace { get; init; } = JsonWhitespace.Flexible;
}
