using System.CommandLine;
using System.Globalization;
using Nonet.ToolUse.Decoding;

namespace Nonet.Cli.Tools;

/// <summary>Options for comparing a model with tools: several values of k, and other models.</summary>
sealed class ArmFlags
{
    /// <summary>Name of the arm with k = 0.</summary>
    const string Disabled = "disabled";

    readonly Option<int[]> ranks = Flags.Ids("--call-top-k",
        "A call begins where its mark is among the K likeliest tokens. Several K, comma separated, are evaluated separately; 0 disables calls. 10 by default.",
        required: false);
    readonly Option<int?> calls = Flags.Whole("--max-calls", "Maximum number of tool calls in a text; 1 by default.", 1, 1000);
    readonly Option<string[]> beside = new("--beside")
    {
        Description = "A further model without tools to evaluate on the same tasks, such as base=MODEL; repeatable.",
        HelpName = "NAME=MODEL",
    };
    readonly Option<string?> off = new("--tools-off")
    {
        Description = "Tools that may not be called, comma separated, or none; by default as each task says.",
        HelpName = "A,B",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { ranks, calls, beside, off })
            command.Add(option);
    }

    public void Check(ParseResult parsed, bool hasTools)
    {
        if (!hasTools && (parsed.GetValue(ranks) is { Length: > 0 } || parsed.GetValue(calls) is not null || parsed.GetValue(beside) is { Length: > 0 }
            || parsed.GetValue(off) is not null))
            throw new UsageException("--call-top-k, --max-calls, --beside and --tools-off need tools: expected --tools or --mcp beside them");
        if (parsed.GetValue(ranks)?.Any(k => k < 0) == true)
            throw new UsageException("--call-top-k holds a negative number; expected 0 (calls disabled) or more");
        if (Beside(parsed).Select(b => b.Name).Concat(Read(parsed).Select(r => r.Name)).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UsageException($"two arms are named '{twice.Key}'; expected another name, or each K once");
    }

    /// <summary>Names of tools that may not be called; null: each task decides.</summary>
    public string[]? ToolsOff(ParseResult parsed) => parsed.GetValue(off) switch
    {
        null => null,
        "none" => [],
        { } names => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };

    /// <summary>Further models, which have no tools.</summary>
    public IReadOnlyList<(string Name, string Path)> Beside(ParseResult parsed) =>
        [.. (parsed.GetValue(beside) ?? []).Select(b => b.Split('=', 2)).Select(p => p is [{ Length: > 0 } name, { Length: > 0 } path]
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? (name, path)
            : throw new UsageException($"--beside is '{string.Join('=', p)}'; expected a name of letters, digits, '-' or '_', and a model: base=MODEL"))];

    /// <summary>The arms of the model with tools, one for each k.</summary>
    public IEnumerable<(string Name, ToolDecodingOptions Options)> Read(ParseResult parsed)
    {
        var defaults = new ToolDecodingOptions();
        foreach (var k in parsed.GetValue(ranks) is { Length: > 0 } given ? given : [defaults.TopK])
        {
            yield return k == 0 ? (Disabled, defaults with { MaxCalls = 0 })
                : (string.Create(CultureInfo.InvariantCulture, $"k{k}"), defaults with { TopK = k, MaxCalls = parsed.GetValue(calls) ?? defaults.MaxCalls });
        }
    }
}
