using System.CommandLine;
using Nonet.Files;

namespace Nonet.Cli.Commands;

/// <summary>Lists the recipes that come with the program, and copies one to the working folder.</summary>
sealed class RecipesCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string?> name =
        new("NAME") { Description = "The recipe to copy; without a name, the recipes are listed.", DefaultValueFactory = _ => null };

    public RecipesCommand(Terminal terminal)
        : base("recipes", "List the recipes that come with nonet, or copy one to the working folder, with the data it names.")
    {
        this.terminal = terminal;
        Add(name);
        SetAction(parsed => Run(parsed.GetValue(name)));
    }

    int Run(string? wanted)
    {
        if (wanted is null)
        {
            var table = new TextTable("recipe", "what it trains");
            foreach (var (recipe, path) in ShippedFiles.Recipes)
                table.Add(recipe, Summary(path));
            table.Write(terminal.Out);
            terminal.Out.WriteLine($"copy one with {Invocation.Program} recipes NAME, then edit it");
            return ExitCode.Done;
        }
        var recipes = ShippedFiles.Recipes;
        if (!recipes.TryGetValue(wanted, out var source))
            throw new UsageException($"found no recipe '{wanted}'; expected one of {string.Join(", ", recipes.Keys)}");
        var target = $"recipes/{wanted}.yaml";
        if (Path.GetFullPath(target) != Path.GetFullPath(source))
        {
            if (File.Exists(target))
                throw new IOException($"{target}: the file exists already; move it away to get a fresh copy");
            foreach (var file in ShippedFiles.FilesOf(source).Where(file => !File.Exists(file)))
                Copy(Path.Combine(ShippedFiles.Root, file), file);
            Copy(source, target);
        }
        var command = CommandOf(source);
        terminal.Out.WriteLine($"next     {Invocation.Of(command)}");
        if (command.Contains("--", StringComparison.Ordinal))
            terminal.Out.WriteLine("         with your own model and files after --set and --data");
        return ExitCode.Done;
    }

    void Copy(string source, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        AtomicFile.Write(target, stream => stream.Write(File.ReadAllBytes(source)));
        terminal.Out.WriteLine($"wrote    {target}");
    }

    /// <summary>The first command in a recipe's comment. It runs the recipe, with placeholders for the options that the user has to set.</summary>
    internal static string CommandOf(string path) =>
        File.ReadLines(path).First(line => line.StartsWith("#   nonet ", StringComparison.Ordinal)).TrimStart('#', ' ');

    /// <summary>The first sentence of the comment at the top of a recipe.</summary>
    static string Summary(string path)
    {
        var first = File.ReadLines(path).First().TrimStart('#', ' ');
        var end = first.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? first : first[..end]).TrimEnd('.');
    }
}
