using System.Text.RegularExpressions;

namespace Nonet.Cli;

/// <summary>How the program was started. Command lines that it prints begin in the same way, so they can be copied.</summary>
static partial class Invocation
{
    const string Name = "nonet", Project = "Nonet.Cli.csproj";

    static readonly Lazy<string> program = new(Find);

    /// <summary>The part of a command line before the verb.</summary>
    public static string Program => program.Value;

    /// <summary>Replaces <c>nonet verb</c> in a text by the command line that starts this program here.</summary>
    public static string Of(string text) => Commands().Replace(text, $"{Program.Replace("$", "$$", StringComparison.Ordinal)} $1");

    /// <summary>An argument for a shell, in quotation marks if it needs them.</summary>
    public static string Quoted(string argument)
    {
        if (argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || "/\\._-+=,:@%~".Contains(c))
            && (argument[0] != '~' && !(argument.Contains('\\') && !OperatingSystem.IsWindows())))
            return argument;
        if (OperatingSystem.IsWindows())
            return $"\"{argument.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return argument.IndexOfAny(['"', '$', '`', '\\', '!']) < 0 ? $"\"{argument}\"" : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A path relative to the working folder, or the full path if that is shorter, quoted.</summary>
    public static string QuotedPath(string path)
    {
        var (full, relative) = (Path.GetFullPath(path), Path.GetRelativePath(Directory.GetCurrentDirectory(), path));
        return Quoted(relative.Length <= full.Length ? relative : full);
    }

    [GeneratedRegex(@"(?<![\w./\\-])nonet (answer|attention|average|bench|bleu|chat|classify|completion|convert|data|embed|eval|fill-mask|generate|info|"
        + @"logits|merge|perplexity|pull|quantize|quickstart|rank|recipes|reward|runs|scaling|tag|tokenize|tokenizer|tools|train|translate|tune|winrate)"
        + @"(?![\w./\\-])")]
    private static partial Regex Commands();

    static string Find()
    {
        var (folder, process) = (AppContext.BaseDirectory, Environment.ProcessPath ?? "");
        var dll = Path.Combine(folder, $"{Name}.dll");
        if (Path.GetFileNameWithoutExtension(process) != Name)
            return $"dotnet {QuotedPath(dll)}";
        if (File.Exists(dll) && ProjectOf(folder) is { } project) // started by dotnet run
            return $"dotnet run -c Release --project {QuotedPath(project)} --";
        if (InPath() is { } found && new FileInfo(found).ResolveLinkTarget(returnFinalTarget: true)?.FullName is var target && (target ?? found) == process)
            return Name;
        var path = QuotedPath(process);
        return path.Contains(Path.DirectorySeparatorChar) ? path : $".{Path.DirectorySeparatorChar}{path}";
    }

    /// <summary>The folder of the project whose bin folder this is.</summary>
    static string? ProjectOf(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (at.Name == "bin")
                return at.Parent is { } parent && File.Exists(Path.Combine(parent.FullName, Project)) ? parent.FullName : null;
        }
        return null;
    }

    static string? InPath() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? $"{Name}.exe" : Name)).FirstOrDefault(File.Exists);
}
