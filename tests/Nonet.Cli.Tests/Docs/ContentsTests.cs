using System.Text.RegularExpressions;

namespace Nonet.Cli.Tests.Docs;

/// <summary>The table of contents of the site.</summary>
public partial class ContentsTests
{
    [Fact]
    public void Every_page_stands_in_it_once()
    {
        var docs = Path.Combine(DocCommands.Root, "docs");
        var pages = Directory.GetFiles(docs, "*.md", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(docs, p).Replace('\\', '/'));
        var listed = Page().Matches(File.ReadAllText(Path.Combine(docs, "toc.yml"))).Select(m => m.Groups[1].Value);
        Assert.Equal(pages.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"href: (\S+\.md)")]
    private static partial Regex Page();
}
