namespace Nonet.Files;

/// <summary>What an option means and which values it takes. Recipes, their errors and the reference in docs/recipes.md are made from it.</summary>
/// <param name="meaning">One or two sentences; null means off, or what the sentence says.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string meaning) : Attribute
{
    public string Meaning => meaning;

    /// <summary>The least value, allowed.</summary>
    public double Least { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest value, allowed.</summary>
    public double Most { get; init; } = double.PositiveInfinity;

    /// <summary>All values are above this one.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>All values are below this one.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>The names that are allowed; null: all that the type has.</summary>
    public string[]? Choices { get; init; }

    /// <summary>What is expected, in words, where type and range do not say it.</summary>
    public string? Expected { get; init; }

    /// <summary>A recipe must give it, though the record has a default.</summary>
    public bool Needed { get; init; }

    /// <summary>The value is the path of a file or folder that exists.</summary>
    public bool Exists { get; init; }
}
