using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Nonet.Cli.Tests.Docs;

/// <summary>Every C# block of README.md and docs/ compiles as a program, against the public surface of the libraries alone.</summary>
public partial class SnippetTests
{
    /// <summary>What ImplicitUsings gives a project of a reader's own.</summary>
    const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    static readonly string[] libraries =
    [
        "Nonet.Tensors", "Nonet.Core", "Nonet.ToolUse", "Nonet.ToolUse.Mcp", "Nonet.Recipes", "Nonet.Extensions.AI", "Microsoft.Extensions.AI",
        "Microsoft.Extensions.AI.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
    ];

    /// <summary>Read once for all snippets.</summary>
    static readonly PortableExecutableReference[] references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(p) is "netstandard.dll" or "mscorlib.dll")
            .Concat(libraries.Select(name => Path.Combine(AppContext.BaseDirectory, name + ".dll"))).Distinct()
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static TheoryData<string, int> Snippets
    {
        get
        {
            var root = Root();
            var data = new TheoryData<string, int>();
            foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)
                .Append(Path.Combine(root, "README.md")).Order(StringComparer.Ordinal))
            {
                for (var i = 0; i < Blocks(file).Count; i++)
                    data.Add(Path.GetRelativePath(root, file), i + 1);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_compiles(string file, int number)
    {
        var errors = Errors(Blocks(Path.Combine(Root(), file))[number - 1]);
        Assert.True(errors.Count == 0, $"{file}, C# block {number}:\n{string.Join('\n', errors)}");
    }

    [Fact]
    public void The_check_sees_what_is_not_there() => Assert.NotEmpty(Errors("Nonet.LanguageModel.OpenDoor(\"x\");"));

    static List<string> Errors(string code)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var compilation = CSharpCompilation.Create("snippet", [CSharpSyntaxTree.ParseText(ImplicitUsings, options), CSharpSyntaxTree.ParseText(code, options)],
            references, new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true));
        return [.. compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString())];
    }

    static List<string> Blocks(string file) => [.. CSharpBlock().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)];

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Nonet.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"^```csharp\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
