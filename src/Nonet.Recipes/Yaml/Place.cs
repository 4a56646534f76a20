namespace Nonet.Recipes.Yaml;

/// <summary>Where a value of a recipe comes from.</summary>
/// <param name="Key">Place of its key: "recipe.yaml:12", or "--set training.steps=5".</param>
/// <param name="Value">Place of the value.</param>
/// <param name="Text">A scalar as it was written, without quotation marks; null for lists and mappings.</param>
readonly record struct Place(string Key, string Value, string? Text);
