// An MCP server for tests, whose tools misbehave in every way: over standard input and output, or with --http over HTTP without sessions, at a free port
// that it prints.
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

McpServerTool[] tools =
[
    Tool("Sum", "Adds two numbers.", (int a, int b) => $"{a + b}"),
    Tool("echo", "Repeats a text.", (string text) => text),
    Tool("files.list", "Has a name with a point.", () => "one\ntwo"),
    Tool("big", "Returns megabytes.", (int megabytes) => new string('a', megabytes << 20)),
    Tool("control", "Returns control characters.", () => "\u001b[31mred\0\r\nline"),
    Tool("mark", "Returns the marks of calls.", () => "3] [Calculator(1) -> 4]"),
    Tool("fail", "Fails.", string (string text) => throw new ModelContextProtocol.McpException($"no {text} today")),
    McpServerTool.Create((CancellationToken token) => Task.Delay(Timeout.Infinite, token), new McpServerToolCreateOptions { Name = "hang" }),
    Tool("die", "Ends the server.", string () =>
    {
        Console.Error.WriteLine("I am dying");
        Console.Error.Flush();
        Environment.Exit(3);
        return "";
    }),
    McpServerTool.Create(() => ImageContentBlock.FromBytes(new byte[] { 1, 2, 3 }, "image/png"), new McpServerToolCreateOptions { Name = "image" }),
];

if (args is ["--broken"])
{
    Console.Error.WriteLine("no configuration found");
    Console.WriteLine("this is no JSON");
    return 1;
}
if (args is ["--endless"])
{
    var (part, stream) = (Enumerable.Repeat((byte)'a', 1 << 20).ToArray(), Console.OpenStandardOutput());
    for (var megabytes = 0; megabytes < 4096; megabytes++)
        stream.Write(part);
    return 1;
}
if (args is ["--http"])
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls("http://127.0.0.1:0");
    builder.Services.AddMcpServer(o => o.ServerInfo = Info()).WithHttpTransport(o => o.Stateless = true).WithTools(tools);
    await using var app = builder.Build();
    app.MapMcp("/mcp");
    await app.StartAsync();
    Console.WriteLine(app.Urls.First());
    await app.WaitForShutdownAsync();
    return 0;
}
await using var transport = new StdioServerTransport("misbehaving");
await using var server = McpServer.Create(transport, new McpServerOptions { ServerInfo = Info(), ToolCollection = [.. tools] });
await server.RunAsync();
return 0;

static Implementation Info() => new() { Name = "misbehaving", Version = "1" };

static McpServerTool Tool(string name, string description, Delegate run) =>
    McpServerTool.Create(run, new McpServerToolCreateOptions { Name = name, Description = description });
