namespace Nonet.Recipes.Runs;

/// <summary>A run folder cannot be created or resumed. The message names the folder.</summary>
public sealed class RunFolderException(string message) : IOException(message);
