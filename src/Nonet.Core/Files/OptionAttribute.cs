namespace Nonet.Files;

/// <summary>
/// Describes an option and its allowed values. Recipes, their error messages and the reference in docs/recipes.md are made from these
/// attributes.
/// </summary>
/// <param name="meaning">One or two sentences. Null means off, unless they say otherwise.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string meaning) : Attribute
{
    /// <summary>Description of the option in one or two sentences.</summary>
    public string Meaning => meaning;

    /// <summary>Smallest allowed value.</summary>
    public double Least { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed value.</summary>
    public double Most { get; init; } = double.PositiveInfinity;

    /// <summary>Lower bound that is not itself allowed.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>Upper bound that is not itself allowed.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>Allowed names; null: all names of the type.</summary>
    public string[]? Choices { get; init; }

    /// <summary>Expected values in words, if type and range do not describe them.</summary>
    public string? Expected { get; init; }

    /// <summary>Whether a recipe must set the option even though the record has a default.</summary>
    public bool Needed { get; init; }

    /// <summary>Whether the value is the path of an existing file or folder.</summary>
    public bool Exists { get; init; }
}
