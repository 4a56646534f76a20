using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Tests.Runs;

public sealed class WorkFolderTests : IDisposable
{
    static readonly WorkFolder work = new("thing", "thing.yaml", "page.html", "parts");
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Fail(string? part) => Assert.Throws<InvalidOperationException>(() => work.Run<int>("thing", folder["work"], resume: false, path =>
    {
        File.WriteAllText(Path.Combine(path, "thing.yaml"), "");
        if (part is not null)
            Directory.CreateDirectory(Path.Combine(path, part));
        throw new InvalidOperationException();
    }));

    [Fact]
    public void Work_that_failed_before_its_first_part_can_be_started_again()
    {
        Directory.CreateDirectory(folder["work"]);
        File.WriteAllText(folder["work/notes.txt"], "mine");
        Fail(null);
        Fail("parts"); // the second attempt gets as far as the folder of its parts
        Fail("parts");
        Assert.Equal("mine", File.ReadAllText(folder["work/notes.txt"]));
        File.WriteAllText(folder["work/parts/1.jsonl"], "done");
        var error = Assert.Throws<RunFolderException>(() => work.Run("thing", folder["work"], resume: false, _ => 0));
        Assert.Contains("contains the thing.yaml of another thing", error.Message, StringComparison.Ordinal);
    }
}
