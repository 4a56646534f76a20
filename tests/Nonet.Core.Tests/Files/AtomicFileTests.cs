using Nonet.Files;

namespace Nonet.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_write_that_fails_leaves_the_older_file_and_nothing_else()
    {
        var path = folder.Add("a.bin", "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_disk_is_an_error_and_leaves_the_older_file()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        var path = folder.Add("a.bin", "old");
        File.CreateSymbolicLink(path + ".tmp", "/dev/full");
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(path, stream => stream.Write(new byte[1 << 20])));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_write_replaces_the_older_file_and_makes_the_folders()
    {
        var path = folder["x/y/a.txt"];
        AtomicFile.WriteText(path, "one, and longer");
        AtomicFile.WriteText(path, "two");
        Assert.Equal("two", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(folder["x/y"]));
    }

    [Fact]
    public void A_folder_appears_whole()
    {
        AtomicFolder.Write(folder["step-1"], f =>
        {
            Assert.False(Directory.Exists(folder["step-1"]));
            File.WriteAllText(Path.Combine(f, "a"), "1");
        });
        Assert.Equal("1", File.ReadAllText(folder["step-1/a"]));
        AtomicFolder.Write(folder["step-1"], f => File.WriteAllText(Path.Combine(f, "b"), "2"));
        Assert.Equal([folder["step-1/b"]], Directory.GetFiles(folder["step-1"]));
        Assert.Equal([folder["step-1"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_fails_leaves_the_older_one_and_nothing_else()
    {
        AtomicFolder.Write(folder["step-1"], f => File.WriteAllText(Path.Combine(f, "a"), "1"));
        Directory.CreateDirectory(folder["step-1.tmp"]); // left by a process that was killed
        Assert.Throws<IOException>(() => AtomicFolder.Write(folder["step-1"], f =>
        {
            Assert.Empty(Directory.GetFileSystemEntries(f));
            File.WriteAllText(Path.Combine(f, "a"), "half");
            throw new IOException("No space left on device");
        }));
        Assert.Equal("1", File.ReadAllText(folder["step-1/a"]));
        Assert.Equal([folder["step-1"]], Directory.GetFileSystemEntries(folder.Path));
    }
}
