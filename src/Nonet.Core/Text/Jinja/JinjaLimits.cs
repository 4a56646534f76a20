namespace Nonet.Text.Jinja;

/// <summary>
/// What a template may cost; one that wants more ends in a <see cref="JinjaException"/>. Steps bound memory too: a character that is copied costs 1/64 step, one that a filter or method works on 1/8,
/// an element of a list half a step and an entry of a dictionary 2 steps, so that a rendering never holds more than some 300 MB beside its variables.
/// </summary>
sealed record JinjaLimits
{
    /// <summary>Expressions evaluated and statements run, and characters and elements that operations handle or make. Variables allow 4 steps more for each of their characters.</summary>
    public int Steps { get; init; } = 2_000_000;

    /// <summary>Characters of the result, and of any one string.</summary>
    public int Length { get; init; } = 8 << 20;

    /// <summary>Elements of a list, or entries of a dictionary, that is made.</summary>
    public int Elements { get; init; } = 100_000;

    /// <summary>Macros within macros, lists within lists, and nested parts of the template.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Whether a variable without a value is an error wherever it is used, as in Jinja's StrictUndefined; only <c>default</c> and <c>is defined</c> take one.</summary>
    public bool Strict { get; init; }
}
