namespace Nonet.Recipes.Runs;

/// <summary>A run folder that cannot be made or cannot be continued. Names the folder.</summary>
public sealed class RunFolderException(string message) : IOException(message);
