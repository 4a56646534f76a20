using System.Globalization;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Nonet.ToolUse.Mcp;

/// <summary>
/// The tools of a server of the Model Context Protocol. A <see cref="ToolRunner"/> runs them within limits: if the server hangs, fails or ends in the middle of
/// a call, the outcome says so.
/// </summary>
/// <example>
/// <code>
/// await using var server = await McpTools.StartAsync("my-server", ["--stdio"]);
/// var tools = new ToolRunner(server.Tools);
/// </code>
/// </example>
public sealed class McpTools : IAsyncDisposable
{
    /// <summary>Time limit for a server to start and to list its tools.</summary>
    static readonly TimeSpan longestStart = TimeSpan.FromSeconds(30);

    /// <summary>Time limit for a server with an older protocol to reply that it does not know the newest one.</summary>
    static readonly TimeSpan longestProbe = TimeSpan.FromSeconds(2);

    readonly McpClient client;
    readonly ServerProcess? process;

    McpTools(McpClient client, ServerProcess? process, string name, IReadOnlyList<ITool> tools) =>
        (this.client, this.process, Name, Tools) = (client, process, name, tools);

    /// <summary>The server's own name.</summary>
    public string Name { get; }

    /// <summary>Its tools. They stop working when this object is disposed of.</summary>
    public IReadOnlyList<ITool> Tools { get; }

    /// <summary>Starts a program that speaks the protocol over its standard input and output. Disposing of this object ends it.</summary>
    /// <param name="command">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="IOException">The program does not start, ends, or does not speak the protocol. The message names it and its last errors.</exception>
    public static async Task<McpTools> StartAsync(string command, IReadOnlyList<string>? arguments = null, McpOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        options = Checked(options);
        ServerProcess process;
        try
        {
            process = new ServerProcess(command, arguments ?? [], options.MessageBytes);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new IOException($"MCP server '{command}': {e.Message.TrimEnd('.')}; expected a program", e);
        }
        try
        {
            return await Connect(new StreamClientTransport(process.Input, process.Output), string.Join(' ', [command, .. arguments ?? []]), process.LastWords,
                process, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to a server over HTTP, with or without sessions ("Streamable HTTP").</summary>
    /// <param name="address">The address of its endpoint, such as http://localhost:3001/mcp.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="IOException">No server answers, or it does not speak the protocol. The message names the address.</exception>
    public static async Task<McpTools> ConnectAsync(Uri address, McpOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = Checked(options);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"the address of the MCP server is '{address}'; expected one that begins with http:// or https://", nameof(address));
        var client = new HttpClient(new BoundedResponses(options.MessageBytes)) { Timeout = Timeout.InfiniteTimeSpan }; // each call has its own time limit
        var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = address,
            TransportMode = HttpTransportMode.StreamableHttp,
            EnableStandaloneGetStream = false, // results arrive in the response to each request
            MaxReconnectionAttempts = 1,
        }, client, ownsHttpClient: true);
        return await Connect(transport, address.ToString(), () => Task.FromResult(""), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connection, and ends the server if this object started it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (process is not null)
                await process.DisposeAsync().ConfigureAwait(false);
        }
    }

    static McpOptions Checked(McpOptions? options) => (options ?? new McpOptions()) is { MessageBytes: > 0 } known ? known
        : throw new ArgumentException($"McpOptions.MessageBytes is {options!.MessageBytes}; expected at least 1", nameof(options));

    static async Task<McpTools> Connect(IClientTransport transport, string where, Func<Task<string>> lastWords, ServerProcess? process,
        CancellationToken cancellationToken)
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
            return new McpTools(client, process, name, [.. found.Select(tool => new McpTool(client, tool, name, lastWords))]);
        }
        catch (Exception e)
        {
            if (client is not null)
                await client.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var what = e is OperationCanceledException or TimeoutException
                ? string.Create(CultureInfo.InvariantCulture, $"no answer within {longestStart.TotalSeconds:0} s") : e.Message.TrimEnd('.');
            throw new IOException($"MCP server '{where}': {what}; expected a server of the Model Context Protocol.{await lastWords().ConfigureAwait(false)}",
                e);
        }
    }
}
