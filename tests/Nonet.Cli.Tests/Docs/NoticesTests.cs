using System.Text.Json;

namespace Nonet.Cli.Tests.Docs;

/// <summary>The licences of what the program contains go with it.</summary>
public class NoticesTests
{
    static readonly string[] onlyForBuilds = ["Microsoft.CodeAnalysis.PublicApiAnalyzers", "Microsoft.NET.ILLink.Tasks", "MinVer"];

    [Fact]
    public void Every_package_that_ships_is_named_and_the_notices_lie_beside_the_program()
    {
        using var locked = JsonDocument.Parse(File.ReadAllText(Path.Combine(DocCommands.Root, "src/Nonet.Cli/packages.lock.json")));
        var packages = locked.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(f => f.Value.EnumerateObject())
            .Where(p => p.Value.GetProperty("type").GetString() != "Project" && !onlyForBuilds.Contains(p.Name)).Select(p => p.Name).ToArray();
        Assert.Contains("System.CommandLine", packages);
        var notices = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "THIRD-PARTY-NOTICES.txt"));
        Assert.All(packages, name => Assert.Contains(name + "\n", notices, StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "LICENSE")));
    }
}
