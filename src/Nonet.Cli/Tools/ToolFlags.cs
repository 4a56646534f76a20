using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nonet.Inference;
using Nonet.Tensors;
using Nonet.ToolUse;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Mcp;
using Nonet.ToolUse.Tools;

namespace Nonet.Cli.Tools;

/// <summary>Options for the tools that the model may call.</summary>
sealed class ToolFlags
{
    const string Calculator = "calculator", Calendar = "calendar", Search = "search", Question = "qa", Translation = "translate";
    const string Expected = $"{Calculator}, {Calendar}, {Calendar}=2023-01-30, {Search}=INDEX, {Question}=MODEL, {Translation}=MODEL or NAME=http://...";

    readonly Option<string[]> tools = new("--tools")
    {
        Description = $"Tools that the model may call, comma separated: {Calculator}, {Calendar}, {Search}=INDEX (of nonet tools index), {Question}=MODEL "
            + $"(reads the passages of the index, if one is given), {Translation}=MODEL, or NAME=URL for an HTTP endpoint of yours.",
        HelpName = "A,B",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
    };
    readonly Option<string[]> mcp = new("--mcp")
    {
        Description = "An MCP server whose tools the model may call: a command line that starts it, or its URL; repeatable.",
        HelpName = "COMMAND|URL",
    };
    readonly Option<double?> timeout = Flags.Number("--tool-timeout", "Time limit of a call in seconds; 10 by default.",
        "a number of seconds from 0.01 to 3600", x => x is >= 0.01 and <= 3600);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { tools, mcp, timeout })
            command.Add(option);
    }

    /// <summary>Whether a tool is given.</summary>
    public bool AreGiven(ParseResult parsed) => parsed.GetValue(tools) is { Length: > 0 } || parsed.GetValue(mcp) is { Length: > 0 };

    /// <summary>The limits of each call.</summary>
    public ToolLimits Limits(ParseResult parsed, int resultCharacters = 500) =>
        new() { Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? 10), ResultCharacters = resultCharacters };

    /// <summary>Opens the tools.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="device">Device for models that tools use.</param>
    /// <param name="stopping">Cancels the start of a server.</param>
    public async Task<OpenedTools> Open(ParseResult parsed, Device device, CancellationToken stopping)
    {
        var opened = new OpenedTools();
        try
        {
            var named = (parsed.GetValue(tools) ?? []).Select(t => t.Split('=', 2)).Select(p => (Name: p[0].Trim(), Value: p.Length > 1 ? p[1].Trim() : null))
                .ToArray();
            var index = named.FirstOrDefault(n => n.Name == Search) is { Value: { } folder } ? opened.Own(SearchIndex.Open(folder)) : null;
            foreach (var (name, value) in named)
                opened.Add(Make(opened, name, value, index, device));
            foreach (var server in parsed.GetValue(mcp) ?? [])
                opened.Add(await Connect(server, stopping));
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    static ITool Make(OpenedTools opened, string name, string? value, SearchIndex? index, Device device) => (name, value) switch
    {
        (Calculator, null) => new CalculatorTool(),
        (Calendar, null) => new CalendarTool(),
        (Calendar, { } day) => new CalendarTool(DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at
            : throw new UsageException($"--tools {Calendar}={day}; expected a date such as {Calendar}=2023-01-30")),
        (Search, not null) => new SearchTool(index!),
        (Question, { Length: > 0 } path) => new QuestionTool(opened.Own(LanguageModel.Open(path, device)), index),
        (Translation, { Length: > 0 } path) => Translate(opened, path, device),
        (_, { } url) when url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) =>
            opened.Own(new HttpTool(name, Uri.TryCreate(url, UriKind.Absolute, out var address) ? address
                : throw new UsageException($"--tools {name}={url}: found no address; expected one such as http://localhost:8080/{name}"))),
        _ => throw new UsageException($"--tools has '{name}{(value is null ? "" : $"={value}")}'; expected {Expected}"),
    };

    static TranslationTool Translate(OpenedTools opened, string path, Device device)
    {
        var open = opened.Own(new Checkpoints.LoadedModel(path, device));
        return new TranslationTool(new Translator(open.EncoderDecoder, open.LoadTokenizer(), new TranslatorOptions()));
    }

    static async Task<McpTools> Connect(string server, CancellationToken stopping)
    {
        if (server.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || server.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return await McpTools.ConnectAsync(Uri.TryCreate(server, UriKind.Absolute, out var address) ? address
                : throw new UsageException($"--mcp {server}: found no address; expected one such as http://localhost:3001/mcp"), cancellationToken: stopping);
        return CommandLineParser.SplitCommandLine(server).ToArray() is [var command, .. var arguments]
            ? await McpTools.StartAsync(command, arguments, cancellationToken: stopping)
            : throw new UsageException("--mcp is empty; expected a command line that starts an MCP server, or its URL");
    }
}
