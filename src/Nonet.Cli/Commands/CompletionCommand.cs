using System.CommandLine;

namespace Nonet.Cli.Commands;

/// <summary>Prints the script that makes a shell complete nonet's commands and options.</summary>
sealed class CompletionCommand : Command
{
    /// <summary>The scripts, by shell. Each asks the program (<see cref="CompleteCommand"/>) for completions, and falls back on file names.</summary>
    static readonly Dictionary<string, string> scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _nonet() {
                local IFS=$'\n'
                COMPREPLY=($(nonet complete --position "$COMP_POINT" -- "$COMP_LINE" 2>/dev/null))
            }
            complete -o default -F _nonet nonet
            """,
        ["zsh"] = """
            #compdef nonet
            _nonet() {
                local before="${(j: :)words[1,CURRENT-1]} $PREFIX"
                local -a found=("${(@f)$(nonet complete --position ${#before} -- "$before" 2>/dev/null)}")
                if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
            }
            # A file in $fpath is read at the first completion, which it has to do, too.
            if [[ "$funcstack[1]" = _nonet ]]; then _nonet; else compdef _nonet nonet; fi
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName nonet -ScriptBlock {
                param($word, $line, $position)
                $at = $position - $line.Extent.StartOffset
                nonet complete --position $at -- "$line".PadRight($at) | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };

    public CompletionCommand(Terminal terminal) : base("completion", "Print a script that completes commands and options in a shell: bash, zsh or pwsh.")
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or pwsh." };
        shell.AcceptOnlyFromAmong([.. scripts.Keys]);
        Add(shell);
        SetAction(parsed =>
        {
            terminal.Out.WriteLine(scripts[parsed.GetRequiredValue(shell)]);
            return ExitCode.Done;
        });
    }
}

/// <summary>Prints the completions at the cursor of a command line, one word per line, for the scripts of <see cref="CompletionCommand"/>.</summary>
sealed class CompleteCommand : Command
{
    public CompleteCommand(Terminal terminal) : base("complete", "Print the completions at a position of a command line.")
    {
        Hidden = true;
        var position = Flags.Whole("--position", "Characters before the cursor.", 0);
        var line = new Argument<string>("LINE") { Description = "The command line, including the program name." };
        Add(position);
        Add(line);
        SetAction(parsed =>
        {
            var (text, at) = (parsed.GetRequiredValue(line), parsed.GetValue(position));
            var before = text[..Math.Min(at ?? text.Length, text.Length)];
            var (words, name) = (before.TrimStart(), before.TrimStart().IndexOf(' ', StringComparison.Ordinal));
            if (name < 0)
                return ExitCode.Done;
            var arguments = words[(name + 1)..];
            // Offers options only after a dash, so that the shell offers file names elsewhere.
            var isOption = arguments[(arguments.LastIndexOf(' ') + 1)..].StartsWith('-');
            foreach (var item in parsed.RootCommandResult.Command.Parse(arguments).GetCompletions(arguments.Length))
            {
                if (item.Label is not ['/', ..] && item.Label.StartsWith('-') == isOption)
                    terminal.Out.WriteLine(item.InsertText ?? item.Label);
            }
            return ExitCode.Done;
        });
    }
}
