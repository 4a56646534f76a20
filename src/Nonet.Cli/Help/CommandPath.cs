using System.CommandLine;

namespace Nonet.Cli.Help;

/// <summary>Names of commands from the root down.</summary>
static class CommandPath
{
    /// <summary>Such as "bench matmul"; empty for the root.</summary>
    public static string Of(Command command)
    {
        var names = new Stack<string>();
        for (Symbol? at = command; at is Command and not RootCommand; at = at.Parents.FirstOrDefault())
            names.Push(at.Name);
        return string.Join(' ', names);
    }

    /// <summary>All visible commands without visible subcommands, depth first.</summary>
    public static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(c => c.Action is null ? Leaves(c) : Leaves(c).Prepend(c));
}
