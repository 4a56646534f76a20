namespace Nonet.Text.Jinja;

/// <summary>
/// Limits on the cost of a template; exceeding one throws a <see cref="JinjaException"/>. Steps also bound memory: a copied character costs
/// 1/64 step, a character in a filter or method 1/8, an element of a list half a step, and an entry of a dictionary 2 steps. A rendering
/// thus never holds more than about 300 MB besides its variables.
/// </summary>
sealed record JinjaLimits
{
    /// <summary>
    /// Number of evaluated expressions, executed statements, and handled characters and elements. Each character of the variables allows 4
    /// more steps.
    /// </summary>
    public int Steps { get; init; } = 2_000_000;

    /// <summary>Characters of the result, and of each string.</summary>
    public int Length { get; init; } = 8 << 20;

    /// <summary>Elements of a new list, or entries of a new dictionary.</summary>
    public int Elements { get; init; } = 100_000;

    /// <summary>Depth of nested macros, lists and parts of the template.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>
    /// Whether any use of a variable without a value is an error, as in Jinja's StrictUndefined. Only <c>default</c> and <c>is defined</c> accept one.
    /// </summary>
    public bool Strict { get; init; }
}
