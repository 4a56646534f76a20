using System.Text.RegularExpressions;

namespace Nonet.Cli.Tests.Docs;

/// <summary>The command lines that README.md and the pages in docs/ tell a reader to type.</summary>
static partial class DocCommands
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory);

    static string Above(string folder)
    {
        var at = new DirectoryInfo(folder);
        while (!File.Exists(Path.Combine(at.FullName, "Nonet.slnx")))
            at = at.Parent ?? throw new DirectoryNotFoundException($"{folder}: not inside the repository");
        return at.FullName;
    }

    /// <summary>Lines of code blocks with the program in them, by page, in the order of the page.</summary>
    public static IEnumerable<(string Page, string Line)> All()
    {
        string[] pages = [Path.Combine(Root, "README.md"),
            .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories).Where(p => Path.GetFileName(p) != "log.md")
            .Order(StringComparer.Ordinal)];
        foreach (var page in pages)
        {
            var (inside, code) = (false, false);
            foreach (var line in File.ReadLines(page))
            {
                if (line.StartsWith("```", StringComparison.Ordinal))
                    (inside, code) = (!inside, line.Length > 3 && line is not ("```sh" or "```bash"));
                else if (inside && !code && Program().IsMatch(line))
                    yield return (Path.GetRelativePath(Root, page), line);
            }
        }
    }

    [GeneratedRegex(@"^(\w[^#]*\| *)?(nonet|dotnet run -c Release --project src/Nonet\.Cli --) ")]
    private static partial Regex Program();
}
