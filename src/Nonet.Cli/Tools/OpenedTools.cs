using Nonet.ToolUse;
using Nonet.ToolUse.Mcp;

namespace Nonet.Cli.Tools;

/// <summary>Tools, with the models, the index and the servers that they use.</summary>
sealed class OpenedTools : IAsyncDisposable
{
    readonly List<ITool> tools = [];
    readonly List<IDisposable> owned = [];
    readonly List<McpTools> servers = [];

    public IReadOnlyList<ITool> Tools => tools;

    public void Add(ITool tool) => tools.Add(tool);

    public void Add(McpTools server)
    {
        servers.Add(server);
        tools.AddRange(server.Tools);
    }

    /// <summary>Takes ownership of an object that a tool uses. It is disposed of with this object.</summary>
    public T Own<T>(T part) where T : IDisposable
    {
        owned.Add(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
            await server.DisposeAsync();
        foreach (var part in owned.AsEnumerable().Reverse())
            part.Dispose();
    }
}
