using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Nonet.Cli.Help;

/// <summary>Writes System.CommandLine's help page, and after it the command's examples.</summary>
sealed class HelpWithExamples(HelpAction page) : SynchronousCommandLineAction
{
    /// <summary>Replaces the help of a command line by this one.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var status = page.Invoke(parseResult);
        var examples = CommandExamples.Of(CommandPath.Of(parseResult.CommandResult.Command));
        if (examples.Count == 0)
            return status;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var line in examples)
            output.WriteLine($"  {Invocation.Of(line)}");
        output.WriteLine();
        return status;
    }
}
