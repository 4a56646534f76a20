namespace Nonet.Cli;

/// <summary>The recipes and texts that come with the program: next to an installed program, or in the repository if it runs from there.</summary>
static class ShippedFiles
{
    static readonly string[] folders = ["data", "recipes"];

    static string? root;

    /// <summary>The folder that contains recipes/ and data/.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none, because the program was copied without its files.</exception>
    public static string Root => root ??= Find(AppContext.BaseDirectory)
        ?? throw new DirectoryNotFoundException(
            $"found no folders recipes/ and data/ in {AppContext.BaseDirectory} or in a folder above it; the installation is incomplete: install nonet again");

    /// <summary>The paths of the recipes by name. The name includes the folder below recipes/: "gpt2-1m", "tools/annotate".</summary>
    public static IReadOnlyDictionary<string, string> Recipes
    {
        get
        {
            var folder = Path.Combine(Root, "recipes");
            return new OrderedDictionary<string, string>(
                Below(folder).Where(path => path.EndsWith(".yaml", StringComparison.Ordinal)).Select(path => path[..^".yaml".Length])
                    .OrderBy(name => name.Contains('/')).ThenBy(name => name, StringComparer.Ordinal)
                    .Select(name => KeyValuePair.Create(name, Path.Combine(folder, name + ".yaml"))));
        }
    }

    /// <summary>Files under data/ and recipes/ that a recipe names, as paths relative to <see cref="Root"/>.</summary>
    public static IEnumerable<string> FilesOf(string recipe)
    {
        var text = string.Join('\n', File.ReadLines(recipe).Where(line => !line.StartsWith('#')));
        return folders.SelectMany(name => Below(Path.Combine(Root, name)).Select(path => $"{name}/{path}"))
            .Where(path => text.Contains(path, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'));

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
