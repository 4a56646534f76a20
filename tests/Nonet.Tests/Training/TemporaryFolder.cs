namespace Nonet.Tests.Training;

/// <summary>A folder of a test's own, gone with it.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("nonet-test-").FullName;

    public static string operator /(TemporaryFolder folder, string name) => Path.Combine(folder.FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
