namespace Nonet.Recipes;

/// <summary>The books that come with Nonet.</summary>
static class DataFolder
{
    /// <summary>Finds data/ with texts in it: beside the program or in a folder above it (the repository's), else in the working folder or one above it.</summary>
    public static string Find() =>
        Above(AppContext.BaseDirectory) ?? Above(Directory.GetCurrentDirectory())
        ?? throw new DirectoryNotFoundException(
            $"found no folder data/ with .txt files beside {AppContext.BaseDirectory}, in {Directory.GetCurrentDirectory()} or above them; name a folder of texts (data.path)");

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
