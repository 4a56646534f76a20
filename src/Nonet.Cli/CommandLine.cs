using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Nonet.Cli.Commands;
using Nonet.Cli.Help;
using Nonet.Cli.Screen;

namespace Nonet.Cli;

/// <summary>The program: parses the command line, runs a verb, and turns exceptions into one line and an exit code.</summary>
static class CommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="terminal">Standard input, output and error.</param>
    /// <param name="interruption">Asks the verb to stop.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Run(string[] args, Terminal terminal, Interruption interruption)
    {
        var stopping = interruption.Token;
        var root = Root(terminal);
        var parsed = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // Interruption handles the signals
        };
        if (args.Length == 0)
        {
            Guide.Write(terminal.Error);
            return ExitCode.WrongUsage;
        }
        if (TakenForText(parsed, args) is { } option)
            return Refuse(terminal, parsed, Unknown(parsed, option));
        if (parsed.Action is ParseErrorAction)
            return Refuse(terminal, parsed);
        interruption.Saves = parsed.CommandResult.Command is ISavesOnStop;
        interruption.Interruptible = parsed.CommandResult.Command as IInterruptible;
        try
        {
            return await parsed.InvokeAsync(invocation, stopping);
        }
        catch (UsageException e)
        {
            return Refuse(terminal, parsed, e.Message);
        }
        catch (ReaderGoneException)
        {
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            terminal.Error.WriteLine($"nonet: {ErrorLine.Of(e)}");
            if (parsed.GetValue<bool>(Flags.Verbose) || Environment.GetEnvironmentVariable(Flags.TraceVariable) is { Length: > 0 })
                terminal.Error.WriteLine(e);
            return ExitCode.Failed;
        }
    }

    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Trains, evaluates and runs language models, in managed code.")
        {
            Flags.MakeThreads(),
            Flags.MakeVerbose(),
            new QuickstartCommand(terminal),
            new TrainCommand(terminal),
            new TuneCommand(terminal),
            new RecipesCommand(terminal),
            new RunsCommand(terminal),
            new GenerateCommand(terminal),
            new ChatCommand(terminal),
            new TranslateCommand(terminal),
            new PerplexityCommand(terminal),
            new EvalCommand(terminal),
            new WinRateCommand(terminal),
            new RewardCommand(terminal),
            new EmbedCommand(terminal), new FillMaskCommand(terminal), new ClassifyCommand(terminal), new TagCommand(terminal), new AnswerCommand(terminal),
            new BleuCommand(terminal),
            new LogitsCommand(terminal),
            new AttentionCommand(terminal),
            new InfoCommand(terminal),
            new ConvertCommand(terminal),
            new QuantizeCommand(terminal),
            new MergeCommand(terminal),
            new AverageCommand(terminal),
            new PullCommand(terminal),
            new Command("tokenizer", "Train a tokenizer.") { new TokenizerTrainCommand(terminal) },
            new TokenizeCommand(terminal),
            new Command("data", "Look at data of instruction tuning.") { new DataShowCommand(terminal), new DataMixtureCommand(terminal) },
            new Command("tools", "Tools for models: make a search index, search it, and insert calls into texts.") { new ToolsIndexCommand(terminal),
                new ToolsSearchCommand(terminal), new ToolsAnnotateCommand(terminal) },
            new Command("scaling", "Train sweeps of small models, fit scaling laws to them, and plan larger runs.") { new ScalingSweepCommand(terminal),
                new ScalingFitCommand(terminal), new ScalingPlanCommand(terminal) },
            new Command("rank", "Let people rank answers in a browser; exchange rankings as files.") { new RankServeCommand(terminal),
                new RankExportCommand(terminal), new RankImportCommand(terminal) },
            new Command("bench", "Benchmark the engine on this machine.") { new BenchMatMulCommand(terminal), new BenchTrainCommand(terminal),
                new BenchTokenizeCommand(terminal), new BenchInferCommand(terminal) },
        };
        root.Add(new CompletionCommand(terminal));
        root.Add(new CompleteCommand(terminal));
        HelpWithExamples.AddTo(root);
        root.HelpName = "nonet";
        root.Directives.Clear(); // a prompt may begin with a bracket
        return root;
    }

    static int Refuse(Terminal terminal, ParseResult parsed)
    {
        var error = parsed.Errors[0];
        var message = parsed.UnmatchedTokens is [var token, ..] ? Unknown(parsed, token)
            : error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing ? $"{missing.Argument.Name} is missing"
            : parsed.CommandResult.Command is { Action: null, Subcommands: { Count: > 0 } verbs } group
            ? $"{group.Name} needs one of {string.Join(", ", verbs.Select(v => v.Name))}"
            : string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return Refuse(terminal, parsed, message);
    }

    static int Refuse(Terminal terminal, ParseResult parsed, string message)
    {
        terminal.Error.WriteLine($"nonet: {Printable.Line(message)}{(message.EndsWith('?') ? "" : ";")} see {NameOf(parsed)} --help");
        return ExitCode.WrongUsage;
    }

    /// <summary>A mistyped option that the parser took for a text, such as a prompt; null if there is none. All arguments after -- are texts.</summary>
    static string? TakenForText(ParseResult parsed, string[] args) => args.TakeWhile(arg => arg != "--").FirstOrDefault(arg =>
        (arg.StartsWith("--", StringComparison.Ordinal) && arg.Length > 2 && !arg.Any(char.IsWhiteSpace) || arg.Length == 2 && arg[0] == '-'
            && char.IsAsciiLetter(arg[1]))
        && parsed.CommandResult.Children.OfType<ArgumentResult>().Any(argument => argument.Tokens.Any(token => token.Value == arg)));

    static string Unknown(ParseResult parsed, string token) =>
        token.StartsWith('-') ? $"unknown option '{token}'{Suggestion.For(parsed.CommandResult.Command, token)}"
        : parsed.CommandResult.Command is { Subcommands: { Count: > 0 } verbs } command
        ? $"unknown verb "
        + $"'{token}'{(Suggestion.For(command, token) is { Length: > 0 } meant ? meant : $": expected {string.Join(", ", verbs.Select(v => v.Name))}")}"
        : $"'{token}' is one argument too many; put quotation marks round an argument with spaces";

    static string NameOf(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Command is RootCommand ? Invocation.Program : command.Command.Name);
        return string.Join(' ', names);
    }
}
