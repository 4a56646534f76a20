using System.Globalization;
using ModelContextProtocol.Client;

namespace Nonet.ToolUse.Mcp;

/// <summary>
/// The tools of a server of the Model Context Protocol. A <see cref="ToolRunner"/> limits and contains them: a server that hangs, fails or ends in the middle
/// of a call gives an outcome that says so.
/// </summary>
/// <example>
/// <code>
/// await using var server = await McpTools.StartAsync("my-server", ["--stdio"]);
/// var tools = new ToolRunner(server.Tools);
/// </code>
/// </example>
public sealed class McpTools : IAsyncDisposable
{
    /// <summary>Longest time of a server to start and to list its tools.</summary>
    static readonly TimeSpan longestStart = TimeSpan.FromSeconds(30);

    /// <summary>Time of a server of an older protocol to say that it does not know the newest one.</summary>
    static readonly TimeSpan longestProbe = TimeSpan.FromSeconds(2);

    /// <summary>Lines of a server's standard error that an error shows.</summary>
    const int ErrorLines = 3;

    readonly McpClient client;

    McpTools(McpClient client, string name, IReadOnlyList<ITool> tools) => (this.client, Name, Tools) = (client, name, tools);

    /// <summary>What the server calls itself.</summary>
    public string Name { get; }

    /// <summary>Its tools. They need the server, and end with this object.</summary>
    public IReadOnlyList<ITool> Tools { get; }

    /// <summary>Starts a program that speaks the protocol over its standard input and output. Disposing of this object ends it.</summary>
    /// <param name="command">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="IOException">The program does not start, ends, or does not speak the protocol. The message names it, with its last words.</exception>
    public static Task<McpTools> StartAsync(string command, IReadOnlyList<string>? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        var said = new Queue<string>();
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = command,
            Arguments = [.. arguments ?? []],
            ShutdownTimeout = TimeSpan.FromSeconds(2),
            StandardErrorLines = line =>
            {
                lock (said)
                {
                    said.Enqueue(line);
                    if (said.Count > ErrorLines)
                        said.Dequeue();
                }
            },
        });
        return Connect(transport, string.Join(' ', [command, .. arguments ?? []]), () =>
        {
            lock (said)
                return said.Count == 0 ? "" : $" Its standard error ends with: {string.Join(" / ", said)}";
        }, cancellationToken);
    }

    /// <summary>Connects to a server over HTTP, with or without sessions ("Streamable HTTP").</summary>
    /// <param name="address">The address of its endpoint, such as http://localhost:3001/mcp.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">Nothing answers there, or it does not speak the protocol. The message names the address.</exception>
    public static Task<McpTools> ConnectAsync(Uri address, CancellationToken cancellationToken = default)
    {
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"the address of the MCP server is '{address}'; expected one that begins with http:// or https://", nameof(address));
        var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = address,
            TransportMode = HttpTransportMode.StreamableHttp,
            EnableStandaloneGetStream = false, // results come with the request that asks for them
            MaxReconnectionAttempts = 1,
        });
        return Connect(transport, address.ToString(), () => "", cancellationToken);
    }

    /// <summary>Ends the connection, and a server that this object started.</summary>
    public ValueTask DisposeAsync() => client.DisposeAsync();

    static async Task<McpTools> Connect(IClientTransport transport, string where, Func<string> lastWords, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(longestStart);
        McpClient? client = null;
        try
        {
            client = await McpClient.CreateAsync(transport, new McpClientOptions { InitializationTimeout = longestStart, DiscoverProbeTimeout = longestProbe },
                cancellationToken: limit.Token).ConfigureAwait(false);
            var found = await client.ListToolsAsync(cancellationToken: limit.Token).ConfigureAwait(false);
            var name = client.ServerInfo?.Name is { Length: > 0 } given ? given : where;
            return new McpTools(client, name, [.. found.Select(tool => new McpTool(client, tool, name, lastWords))]);
        }
        catch (Exception e)
        {
            if (client is not null)
                await client.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var what = e is OperationCanceledException or TimeoutException
                ? string.Create(CultureInfo.InvariantCulture, $"no answer within {longestStart.TotalSeconds:0} s") : e.Message.TrimEnd('.');
            throw new IOException($"MCP server '{where}': {what}; expected a server of the Model Context Protocol.{lastWords()}", e);
        }
    }
}
