namespace Nonet.Tests.Text;

static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Folder { get; } = Find();

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Nonet.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
