using System.Text.RegularExpressions;
using ArchUnitNET.Loader;
using Nonet.Models;

namespace Nonet.Tests;

/// <summary>Dependencies between the namespaces of Nonet.Core point one way, and namespaces are named after folders.</summary>
public partial class FloorsTests
{
    /// <summary>From the bottom: a floor uses those before it. The front door, <see cref="LanguageModel"/>, stands on all of them.</summary>
    static readonly string[] floors =
    [
        "Nonet.Files", "Nonet.Numerics", "Nonet.Formats", "Nonet.Text", "Nonet.Data", "Nonet.Models", "Nonet.Checkpoints", "Nonet.Inference", "Nonet.Training",
        "Nonet.Evaluation", "Nonet.Scaling", "Nonet.Alignment",
    ];

    [Fact]
    public void A_floor_uses_only_those_below_it()
    {
        var core = new ArchLoader().LoadAssemblies(typeof(ICausalModel).Assembly).Build();
        var upward = new SortedSet<string>(StringComparer.Ordinal);
        var down = 0;
        foreach (var type in core.Types)
        {
            foreach (var dependency in type.Dependencies)
            {
                var (from, to) = (Floor(dependency.Origin.FullName), Floor(dependency.Target.FullName));
                if (from < 0 || to < 0 || from == to)
                    continue;
                if (from < to)
                    upward.Add($"{dependency.Origin.FullName} uses {dependency.Target.FullName}");
                else
                    down++;
            }
        }
        Assert.True(upward.Count == 0, string.Join("\n", upward));
        Assert.True(down > 1000, $"{down} uses of lower floors were seen: the assembly was not read");
    }

    [Fact]
    public void Every_namespace_of_the_core_is_a_floor() =>
        Assert.DoesNotContain(
            typeof(ICausalModel).Assembly.GetTypes().Select(t => t.FullName!), n =>
            n.StartsWith("Nonet.", StringComparison.Ordinal) && Floor(n) < 0 && !n.StartsWith("Nonet.LanguageModel", StringComparison.Ordinal));

    [Theory]
    [InlineData("src/Nonet.Core", "Nonet")]
    [InlineData("src/Nonet.Extensions.AI", "Nonet.Extensions.AI")]
    [InlineData("src/Nonet.Recipes", "Nonet.Recipes")]
    [InlineData("src/Nonet.Server", "Nonet.Server")]
    [InlineData("src/Nonet.ToolUse", "Nonet.ToolUse")]
    [InlineData("tests/Nonet.Core.Tests", "Nonet.Tests")]
    [InlineData("tests/Nonet.Extensions.AI.Tests", "Nonet.Extensions.AI.Tests")]
    [InlineData("tests/Nonet.Server.Tests", "Nonet.Server.Tests")]
    [InlineData("tests/Nonet.ToolUse.Tests", "Nonet.ToolUse.Tests")]
    public void Namespaces_follow_folders(string folder, string root)
    {
        var path = Repository.File(folder);
        var wrong = new List<string>();
        foreach (var file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories))
        {
            var parts = Path.GetRelativePath(path, Path.GetDirectoryName(file)!).Split(Path.DirectorySeparatorChar);
            if (parts[0] is "obj" or "bin")
                continue;
            var expected = parts[0] == "." ? root : $"{root}.{string.Join('.', parts)}";
            if (Declaration().Match(File.ReadAllText(file)) is { Success: true } found && found.Groups[1].Value != expected)
                wrong.Add($"{file}: found namespace {found.Groups[1].Value}; expected {expected}");
        }
        Assert.Empty(wrong);
    }

    static int Floor(string type) => Array.FindIndex(floors, f => type.StartsWith(f + ".", StringComparison.Ordinal));

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
