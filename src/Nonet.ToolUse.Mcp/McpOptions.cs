namespace Nonet.ToolUse.Mcp;

/// <summary>Limits of the connection to an MCP server.</summary>
public sealed record McpOptions
{
    /// <summary>Maximum number of bytes in a message; 16 MB by default. The rest of a longer message is not read, and its call fails.</summary>
    public int MessageBytes { get; init; } = 16 << 20;
}
