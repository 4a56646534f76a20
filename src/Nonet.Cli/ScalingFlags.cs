using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Nonet.Cli;

/// <summary>Option values of the scaling verbs.</summary>
static class ScalingFlags
{
    /// <summary>An option with row numbers, separated by commas.</summary>
    public static Option<int[]?> Rows(string name, string description)
    {
        var option = new Option<int[]?>(name) { Description = description, HelpName = "3,7" };
        option.CustomParser = result => Parse(result, name);
        return option;
    }

    /// <summary>Parses COLUMN=VALUE.</summary>
    public static (string Column, string Value) Where(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? (text[..at].Trim(), text[(at + 1)..].Trim()) : throw new UsageException($"--where is '{text}'; expected COLUMN=VALUE");
    }

    static int[]? Parse(ArgumentResult result, string name)
    {
        var rows = new List<int>();
        foreach (var part in result.Tokens[0].Value.Split(','))
        {
            if (int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var row) && row >= 1)
                rows.Add(row);
            else
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; expected row numbers separated by commas, such as 3,7");
                return null;
            }
        }
        return [.. rows];
    }

    /// <summary>An option with a positive number.</summary>
    public static Option<double?> Positive(string name, string description) => Flags.Number(name, description, "a positive number", x => x > 0);
}
