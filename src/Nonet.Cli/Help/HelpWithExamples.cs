using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Nonet.Cli.Help;

/// <summary>What --help writes: System.CommandLine's page, then examples that can be pasted.</summary>
sealed class HelpWithExamples(HelpAction page) : SynchronousCommandLineAction
{
    /// <summary>Puts this in the place of the help of a command line.</summary>
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
