using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Nonet.ToolUse.Mcp;

/// <summary>A tool of an MCP server.</summary>
sealed class McpTool(McpClient client, McpClientTool tool, string server, Func<Task<string>> lastWords) : ITool
{
    public string Name { get; } = NameFor(tool.Name);

    public string Description => tool.Description;

    public JsonElement Parameters => tool.JsonSchema;

    /// <summary>From the server's hints. Without them, a tool may have side effects, or answer differently the next time.</summary>
    public bool IsRepeatable => tool.ProtocolTool.Annotations is { ReadOnlyHint: true, OpenWorldHint: false };

    public async Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        if (client.Completion is { IsCompleted: true })
            throw await Ended(null).ConfigureAwait(false);
        var arguments = ToolParameters.ArgumentsOf(tool.JsonSchema, input, Name).ToDictionary(a => a.Key, a => (object?)a.Value);
        var call = BoundedResponses.Begin();
        CallToolResult result;
        try
        {
            result = await tool.CallAsync(arguments, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when ((call.Excess ?? TooLong(e)) is { } excess)
        {
            throw new IOException($"the MCP server '{server}': {excess}", e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException || (client.Completion.IsCompleted && e is not OperationCanceledException))
        {
            throw await Ended(e).ConfigureAwait(false);
        }
        var text = TextOf(result);
        return result.IsError == true ? throw new McpException(text.Length == 0 ? "the tool failed and does not say why" : text) : text;
    }

    public override string ToString() => $"tool '{tool.Name}' of the MCP server '{server}'";

    async Task<IOException> Ended(Exception? e) => new($"the MCP server '{server}' has ended.{await lastWords().ConfigureAwait(false)}", e);

    /// <summary>The error message if a message with too many bytes caused an exception; otherwise null.</summary>
    static string? TooLong(Exception? e) => e is null or MessageTooLongException ? e?.Message : TooLong(e.InnerException);

    static string TextOf(CallToolResult result)
    {
        var text = new StringBuilder();
        foreach (var content in result.Content)
        {
            var part = content switch
            {
                TextContentBlock block => block.Text,
                EmbeddedResourceBlock { Resource: TextResourceContents resource } => resource.Text,
                _ => throw new NotSupportedException($"the tool returned content of type {content.Type}; expected text"),
            };
            text.Append(text.Length > 0 ? "\n" : "").Append(part);
        }
        return text.Length == 0 && result.StructuredContent is { } json ? json.GetRawText() : text.ToString();
    }

    /// <summary>A valid name for a call. Characters that only the protocol allows become '_'.</summary>
    static string NameFor(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
}
