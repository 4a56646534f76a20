using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Files;

namespace Nonet.Cli;

/// <summary>The input texts of a verb: one argument, or the lines of standard input.</summary>
static class InputLines
{
    public const string Description = "The text. Without it, or with -, each line of standard input is a text.";

    /// <summary>The lines of standard input, without empty ones.</summary>
    public static async IAsyncEnumerable<string> Read(Terminal terminal, [EnumeratorCancellation] CancellationToken stopping = default)
    {
        while (await Next(terminal, stopping).ConfigureAwait(false) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return line;
        }
    }

    static async Task<string?> Next(Terminal terminal, CancellationToken stopping)
    {
        try
        {
            return await terminal.In.ReadLineAsync(stopping).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"standard input: bytes that are not UTF-8 ({e.Message}); expected one text per line", e);
        }
    }

    /// <summary>One text, or the lines of standard input.</summary>
    public static IAsyncEnumerable<string> Of(string text, Terminal terminal, CancellationToken stopping) =>
        text == "-" ? Read(terminal, stopping) : new[] { text }.ToAsyncEnumerable();

    /// <summary>Reports on standard error how many tokens were truncated because of the model's context.</summary>
    public static void ReportCut(Terminal terminal, int texts, long tokens, int context)
    {
        if (texts > 0)
            terminal.Error.WriteLine(
                $"{Counted.Of(texts, "text")} truncated to the model's context of {context} tokens: {Counted.Of(tokens, "token")} left out");
    }
}
