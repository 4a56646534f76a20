using System.CommandLine;
using System.CommandLine.Parsing;
using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Text;

namespace Nonet.Cli.Chat;

/// <summary>The sampling options of a chat, from its command line and from /set.</summary>
sealed class ChatSettings
{
    readonly SamplingFlags flags = new();
    readonly Command command = new("set");
    readonly Dictionary<string, string[]> given = []; // by option
    readonly GenerationDefaults defaults;
    readonly Tokenizer tokenizer;

    /// <param name="defaults">The defaults in the model's files.</param>
    /// <param name="tokenizer">The model's tokenizer, which constraints need.</param>
    /// <param name="parsed">The command line.</param>
    public ChatSettings(GenerationDefaults defaults, Tokenizer tokenizer, ParseResult parsed)
    {
        (this.defaults, this.tokenizer) = (defaults, tokenizer);
        flags.AddTo(command);
        foreach (var result in parsed.CommandResult.Children.OfType<OptionResult>())
        {
            if (!result.Implicit && command.Options.Any(option => option.Name == result.Option.Name))
                given[result.Option.Name] = [.. result.Tokens.Select(token => token.Value)];
        }
        Options = Parse(given);
    }

    public GenerationOptions Options { get; private set; }

    /// <summary>The names that /set takes.</summary>
    public IEnumerable<string> Names => command.Options.Where(option => !option.Hidden).Select(option => option.Name[2..]);

    /// <summary>The values that differ from the model's own.</summary>
    public IEnumerable<string> Given => given.Select(pair => $"{pair.Key[2..]} {string.Join(' ', pair.Value)}");

    /// <summary>Changes a setting.</summary>
    /// <exception cref="UsageException">There is no such setting, or the value is invalid. The message says why.</exception>
    public void Set(string name, string value)
    {
        var option = command.Options.FirstOrDefault(option => option.Name == $"--{name}" || option.Aliases.Contains($"--{name}"))
            ?? throw new UsageException($"there is no setting '{name}': expected {string.Join(", ", Names)}");
        var changed = new Dictionary<string, string[]>(given) { [option.Name] = [value] };
        Options = Parse(changed);
        given[option.Name] = [value];
    }

    GenerationOptions Parse(Dictionary<string, string[]> values)
    {
        var parsed = command.Parse(
            [.. values.SelectMany(pair => pair.Value.Length == 0 ? [pair.Key] : pair.Value.SelectMany(value => new[] { pair.Key, value }))]);
        return parsed.Errors is [var error, ..] ? throw new UsageException(error.Message) : flags.Read(parsed, defaults, tokenizer);
    }
}
