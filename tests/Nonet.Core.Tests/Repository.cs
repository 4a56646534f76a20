namespace Nonet.Tests;

/// <summary>Files of the repository that tests read where they lie.</summary>
static class Repository
{
    public static string File(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, "Nonet.slnx")))
                return Path.Combine(folder.FullName, name);
        }
        throw new DirectoryNotFoundException($"no Nonet.slnx in {AppContext.BaseDirectory} or above it");
    }
}
