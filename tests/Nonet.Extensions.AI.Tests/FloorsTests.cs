using ArchUnitNET.Loader;
using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI.Tests;

/// <summary>The package stands on Nonet.Core, Nonet.ToolUse and the abstractions, and nothing else.</summary>
public class FloorsTests
{
    [Fact]
    public void It_references_the_core_the_tools_and_the_abstractions_only()
    {
        var references = typeof(NonetChatClient).Assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal([typeof(IChatClient).Assembly.GetName().Name!, "Nonet.Core", "Nonet.Tensors", "Nonet.ToolUse"], references);
    }

    [Fact]
    public void The_core_knows_nothing_of_it()
    {
        var core = new ArchLoader().LoadAssemblies(typeof(LanguageModel).Assembly).Build();
        Assert.DoesNotContain(core.Types.SelectMany(t => t.Dependencies).Select(d => d.Target.FullName), n =>
            n.Contains("Extensions.AI", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_type_is_in_its_namespace() =>
        Assert.All(typeof(NonetChatClient).Assembly.GetExportedTypes(), t => Assert.Equal("Nonet.Extensions.AI", t.Namespace));
}
