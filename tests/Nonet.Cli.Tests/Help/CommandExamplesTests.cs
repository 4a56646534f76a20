using System.CommandLine;
using System.Diagnostics;
using Nonet.Cli.Help;

namespace Nonet.Cli.Tests.Help;

/// <summary>Every command has examples in its help, and the examples and the guide name commands and options that exist.</summary>
public sealed class CommandExamplesTests
{
    static readonly RootCommand root = CommandLine.Root(new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null));

    public static TheoryData<string> Commands => [.. CommandPath.Leaves(root).Select(CommandPath.Of)];

    [Theory, MemberData(nameof(Commands))]
    public async Task Help_of_a_command_ends_with_examples_that_parse(string command)
    {
        var examples = CommandExamples.Of(command);
        Assert.NotEmpty(examples);
        var help = (await Program.Run([.. command.Split(' '), "--help"])).Out;
        Assert.All(examples, line => Assert.Contains(Invocation.Of(line), help, StringComparison.Ordinal));
        Assert.All(examples, line => Parses(line["nonet ".Length..], command));
    }

    [Theory, MemberData(nameof(Commands))]
    public void Lines_to_type_begin_as_the_program_was_started(string command) =>
        Assert.Equal($"{Invocation.Program} {command} MODEL", Invocation.Of($"nonet {command} MODEL"));

    [Fact]
    public void Examples_are_of_commands_that_exist() => Assert.Empty(CommandExamples.Commands.Except(Commands.Select(row => row.Data)));

    [Fact]
    public void The_guide_names_commands_that_exist()
    {
        foreach (var line in Guide.Lines)
        {
            if (line.Contains(" | ", StringComparison.Ordinal)) // several in one line, such as bench infer | train | matmul
            {
                var words = line.Split([' ', '|'], StringSplitOptions.RemoveEmptyEntries).Where(w => char.IsAsciiLetterLower(w[0])).ToArray();
                var group = root.Subcommands.First(c => c.Name == words[0]) is { Subcommands.Count: > 0 } found ? found : root;
                Assert.All(words.Skip(group == root ? 0 : 1), word => Assert.Contains(group.Subcommands, c => c.Name == word));
            }
            else
            {
                Parses(line, null);
            }
        }
    }

    [Theory]
    [InlineData("nonet tra", "train", "generate")]
    [InlineData("nonet scaling ", "sweep", "train")]
    [InlineData("nonet generate x --to", "--top-k", "--seed")]
    [InlineData("nonet ", "generate", "--help")]
    [InlineData("nonet generate ", "", "--seed")] // files, which the shell knows
    public async Task A_shell_asks_what_may_follow(string line, string offered, string not)
    {
        var words = (await Program.Run("complete", "--position", $"{line.Length}", "--", line)).Out.Split('\n');
        Assert.Contains(offered, words);
        Assert.DoesNotContain(not, words);
        Assert.All(words, word => Assert.False(word.StartsWith('/'), word));
    }

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("pwsh")]
    public async Task A_completion_script_asks_the_program(string shell) =>
        Assert.Contains("nonet complete --position", (await Program.Run("completion", shell)).Out, StringComparison.Ordinal);

    /// <summary>After an unfinished word, after a blank, and in a second command: a script gives the program its own part of the line.</summary>
    [Theory]
    [InlineData("bash", "COMP_LINE='nonet gen'; COMP_POINT=9; _nonet; echo \"${COMPREPLY[@]}\"", "generate")]
    [InlineData("bash", "COMP_LINE='nonet data '; COMP_POINT=11; _nonet; echo \"${COMPREPLY[@]}\"", "mixture show")]
    [InlineData("pwsh", "(TabExpansion2 'nonet gen' 9).CompletionMatches.CompletionText", "generate")]
    [InlineData("pwsh", "(TabExpansion2 '$x = 1; nonet data ' 19).CompletionMatches.CompletionText -join ' '", "mixture show")]
    public async Task A_shell_completes_with_the_script(string shell, string completion, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && shell == "bash", "bash.exe may be the one of WSL, without a distribution");
        using var folder = new TemporaryFolder();
        var script = (await Program.Run("completion", shell)).Out;
        var program = Path.Combine(AppContext.BaseDirectory, "nonet.dll");
        var function = shell == "bash" ? $"nonet() {{ dotnet '{program}' \"$@\"; }}\n" : $"function nonet {{ dotnet '{program}' @args }}\n";
        var file = folder.Add(shell == "bash" ? "complete.sh" : "complete.ps1", $"{function}{script}\n{completion}\n");
        var start = new ProcessStartInfo(shell, shell == "bash" ? [file] : ["-NoProfile", "-File", file]) { RedirectStandardOutput = true };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"there is no {shell} here");
        }
        using (process)
        {
            Assert.Equal(expected, (await process!.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Redirections are a shell's.</summary>
    static void Parses(string line, string? command)
    {
        var end = line.IndexOfAny(['<', '>']);
        var parsed = root.Parse((end < 0 ? line : line[..end]).Trim());
        Assert.True(parsed.Errors.Count == 0 && parsed.UnmatchedTokens.Count == 0, $"{line}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
        if (command is not null)
            Assert.Equal(command, CommandPath.Of(parsed.CommandResult.Command));
    }
}
