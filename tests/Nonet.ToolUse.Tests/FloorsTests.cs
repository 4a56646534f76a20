namespace Nonet.ToolUse.Tests;

/// <summary>The package stands on Nonet.Core and nothing else.</summary>
public class FloorsTests
{
    [Fact]
    public void It_references_the_core_only() =>
        Assert.All(typeof(ITool).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !n.StartsWith("System.", StringComparison.Ordinal)),
            name => Assert.Contains(name, new[] { "Nonet.Core", "Nonet.Tensors" }));

    [Fact]
    public void The_core_knows_nothing_of_it() =>
        Assert.DoesNotContain(typeof(LanguageModel).Assembly.GetReferencedAssemblies(), a => a.Name == "Nonet.ToolUse");
}
