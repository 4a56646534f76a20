namespace Nonet.Recipes;

/// <summary>The books that are distributed with Nonet.</summary>
static class DataFolder
{
    /// <summary>
    /// Finds a folder data/ with texts: beside the program or in a folder above it (the repository's), otherwise in the working directory
    /// or a folder above it.
    /// </summary>
    public static string Find() =>
        Above(AppContext.BaseDirectory) ?? Above(Directory.GetCurrentDirectory())
        ?? throw new DirectoryNotFoundException(
            $"found no folder data/ with .txt files beside {AppContext.BaseDirectory}, in {Directory.GetCurrentDirectory()} or above them; set data.path to "
            + $"a folder of texts");

    static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var data = Path.Combine(at.FullName, "data");
            if (Directory.Exists(data) && Directory.EnumerateFiles(data, "*.txt").Any())
                return data;
        }
        return null;
    }
}
