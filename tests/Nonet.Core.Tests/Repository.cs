namespace Nonet.Tests;

/// <summary>Files of the repository that tests read where they lie.</summary>
static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Folder { get; } = Find();

    public static string File(string name) => Path.Combine([Folder, .. name.Split('/')]);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, "Nonet.slnx")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"no Nonet.slnx in {AppContext.BaseDirectory} or above it");
    }
}
