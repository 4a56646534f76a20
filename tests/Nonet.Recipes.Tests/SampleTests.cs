namespace Nonet.Recipes.Tests;

/// <summary>What the documentation shows is what is compiled.</summary>
public class SampleTests
{
    [Fact]
    public void The_loop_in_the_docs_is_the_sample()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Nonet.slnx")))
            root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("found no Nonet.slnx above the tests");
        var sample = File.ReadAllText(Path.Combine(root, "samples", "CustomLoop", "Program.cs")).TrimEnd('\n');
        Assert.Contains($"```csharp\n{sample}\n```", File.ReadAllText(Path.Combine(root, "docs", "library.md")), StringComparison.Ordinal);
    }
}
