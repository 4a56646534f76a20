using Nonet.Checkpoints;
using Nonet.Files;

namespace Nonet.Tests.Checkpoints;

public sealed class ModelFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_older_model_stays_until_the_new_one_is_whole_and_nothing_of_it_is_left()
    {
        Directory.CreateDirectory(folder["m"]);
        folder.Add("m/config.json", "old");
        folder.Add("m/vocab.txt", "old");
        ModelFolder.Replace(folder["m"], into =>
        {
            File.WriteAllText(Path.Combine(into, "config.json"), "new");
            Assert.Equal("old", File.ReadAllText(folder["m/config.json"]));
            Assert.True(File.Exists(folder["m/vocab.txt"]));
        });
        Assert.Equal([folder["m/config.json"]], Directory.GetFileSystemEntries(folder["m"]));
        Assert.Equal("new", File.ReadAllText(folder["m/config.json"]));
        Assert.Equal([folder["m"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_with_something_else_is_left_alone()
    {
        folder.Add("notes.txt", "mine");
        Assert.Contains("'notes.txt'", Assert.Throws<IOException>(() => ModelFolder.Replace(folder.Path, _ => Assert.Fail("it was filled"))).Message,
            StringComparison.Ordinal);
        Assert.Contains("found a file", Assert.Throws<IOException>(() => ModelFolder.Replace(folder["notes.txt"], _ => Assert.Fail("it was filled"))).Message,
            StringComparison.Ordinal);
    }

    [Fact] // in one step on Linux: nobody sees the name missing
    public void Names_are_exchanged()
    {
        Directory.CreateDirectory(folder["a"]);
        Directory.CreateDirectory(folder["b"]);
        folder.Add("a/x", "a");
        Assert.SkipUnless(FolderExchange.Try(folder["a"], folder["b"]), "the system or the file system cannot do it");
        Assert.True(File.Exists(folder["b/x"]));
        Assert.Empty(Directory.GetFiles(folder["a"]));
        Assert.False(FolderExchange.Try(folder["a"], folder["nowhere"]));
    }
}
