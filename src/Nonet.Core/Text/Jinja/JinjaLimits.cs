namespace Nonet.Text.Jinja;

/// <summary>What a template may cost; one that wants more ends in a <see cref="JinjaException"/>.</summary>
public sealed record JinjaLimits
{
    /// <summary>Expressions evaluated and statements run, and characters and elements that operations handle, 64 to a step.</summary>
    public int Steps { get; init; } = 2_000_000;

    /// <summary>Characters of the result, and of any one string.</summary>
    public int Length { get; init; } = 8 << 20;

    /// <summary>Elements of a range or list that is made.</summary>
    public int Elements { get; init; } = 100_000;

    /// <summary>Macros within macros, and nested parts of the template.</summary>
    public int Depth { get; init; } = 100;
}
