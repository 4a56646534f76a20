namespace Nonet.ToolUse.Mcp;

/// <summary>Limits of the connection to an MCP server.</summary>
public sealed record McpOptions
{
    /// <summary>Most bytes of a message; 16 MB by default. A longer one is not read on, and its call fails.</summary>
    public int MessageBytes { get; init; } = 16 << 20;
}
