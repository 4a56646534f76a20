namespace Nonet.Recipes.Yaml;

/// <summary>A recipe is invalid. The message names the file and line (or the --set), the key, what was found and what was expected.</summary>
public sealed class RecipeException(string message, Exception? inner = null) : FormatException(message, inner);
