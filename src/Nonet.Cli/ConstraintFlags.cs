using System.CommandLine;
using System.CommandLine.Parsing;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Text;

namespace Nonet.Cli;

/// <summary>The options that constrain a text.</summary>
sealed class ConstraintFlags
{
    readonly Option<string?> schema = new("--json-schema") { Description = "Write only JSON of this schema; {} is any JSON.", HelpName = "FILE|TEXT" };
    readonly Option<string?> regex =
        new("--regex") { Description = "Write only text that matches this regular expression from beginning to end.", HelpName = "PATTERN" };
    readonly Option<string?> grammar =
        new("--grammar") { Description = "Write only text of this grammar, in llama.cpp's format (GBNF).", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { schema, regex, grammar })
            command.Add(option);
        command.Validators.Add(RefuseTwo);
    }

    void RefuseTwo(CommandResult result)
    {
        var given = new Option[] { schema, regex, grammar }.Where(o => result.GetResult(o) is not null).ToArray();
        if (given.Length > 1)
            result.AddError($"{given[0].Name} and {given[1].Name} are given together: a text can follow only one of them");
    }

    /// <summary>The constraint that the options give; null if there is none.</summary>
    public ITokenConstraint? Read(ParseResult parsed, Tokenizer tokenizer)
    {
        if (parsed.GetValue(schema) is { } json)
            return StructuredText.JsonSchema(json.TrimStart().StartsWith('{') || json is "true" ? json : File.ReadAllText(json), TokenVocabulary.Of(tokenizer));
        if (parsed.GetValue(regex) is { } pattern)
            return StructuredText.Regex(pattern, TokenVocabulary.Of(tokenizer));
        return parsed.GetValue(grammar) is { } file ? StructuredText.Grammar(File.ReadAllText(file), TokenVocabulary.Of(tokenizer)) : null;
    }
}
