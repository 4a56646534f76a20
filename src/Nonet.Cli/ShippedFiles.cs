namespace Nonet.Cli;

/// <summary>The recipes and texts that come with the program: beside an installed one, in the repository's folders while it runs from there.</summary>
static class ShippedFiles
{
    /// <summary>The folder that holds recipes/ and data/.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory)
        ?? throw new DirectoryNotFoundException($"found no folder recipes/ beside {AppContext.BaseDirectory} or above it; the installation is incomplete");

    /// <summary>The recipes, in the order of their names.</summary>
    public static IEnumerable<string> Recipes => Directory.EnumerateFiles(Path.Combine(Root, "recipes"), "*.yaml").Order(StringComparer.Ordinal);

    /// <summary>A recipe by its name; null if there is none.</summary>
    public static string? Recipe(string name) => Recipes.FirstOrDefault(path => Path.GetFileNameWithoutExtension(path) == name);

    /// <summary>Files under data/ that a recipe names, as paths relative to <see cref="Root"/>.</summary>
    public static IEnumerable<string> DataOf(string recipe)
    {
        var text = File.ReadAllText(recipe);
        var data = Path.Combine(Root, "data");
        return Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => text.Contains(path, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    static string? Find(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, "recipes")) && Directory.Exists(Path.Combine(at.FullName, "data")))
                return at.FullName;
        }
        return null;
    }
}
