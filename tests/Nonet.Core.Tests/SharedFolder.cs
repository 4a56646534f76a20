namespace Nonet.Tests;

/// <summary>Larger fixtures that are not in the repository: a folder `shared` beside it or beside one of its parents.</summary>
static class SharedFolder
{
    /// <summary>The path of a fixture; skips the test where it is absent.</summary>
    public static string Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", name);
            if (Path.Exists(path))
                return path;
        }
        Assert.Skip($"shared/{name} is in no folder above {AppContext.BaseDirectory}");
        return "";
    }
}
