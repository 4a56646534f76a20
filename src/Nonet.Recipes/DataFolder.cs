namespace Nonet.Recipes;

/// <summary>The texts that come with the repository.</summary>
static class DataFolder
{
    /// <summary>data/ with texts in it: in the working folder or one above it, else in the program's folder or one above it.</summary>
    public static string Find() =>
        Above(Directory.GetCurrentDirectory()) ?? Above(AppContext.BaseDirectory)
        ?? throw new DirectoryNotFoundException(
            $"found no folder data/ with .txt files in {Directory.GetCurrentDirectory()} or above it; expected the repository's, or name a folder of texts");

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
