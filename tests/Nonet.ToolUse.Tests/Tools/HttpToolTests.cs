using System.Net;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Tools;

public sealed class HttpToolTests : IDisposable
{
    readonly HttpListener listener;
    readonly string address;

    public HttpToolTests()
    {
        (listener, address) = LocalHttp.Listen();
        _ = Serve();
    }

    public void Dispose() => listener.Close();

    async Task Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) // closed: the test is over
            {
                return;
            }
            using var body = new StreamReader(context.Request.InputStream);
            var answer = $"{context.Request.HttpMethod} {context.Request.QueryString["q"]} {context.Request.QueryString["key"]} {await body.ReadToEndAsync()}";
            if (context.Request.Url!.AbsolutePath == "/moved")
                (context.Response.StatusCode, context.Response.RedirectLocation) = (302, address);
            else if (context.Request.Url!.AbsolutePath == "/big")
                answer = new string('a', 5_000_000);
            try
            {
                await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer));
                context.Response.Close();
            }
            catch (HttpListenerException) // the tool has read enough
            {
            }
        }
    }

    [Theory]
    [InlineData("?key=7", "q", "GET a b&key=8 7")] // the input cannot add a parameter
    [InlineData("", null, "POST a b&key=8")]
    public async Task The_input_is_a_parameter_or_the_body(string query, string? parameter, string answer)
    {
        using var tool = new HttpTool("T", new Uri(address + query), parameter);
        Assert.Equal(answer, (await Run(tool, "a b&key=8")).Text);
    }

    [Theory]
    [InlineData("moved", "302")]
    [InlineData("http://127.0.0.1:1/", "refused")]
    public async Task What_is_no_answer_is_reported(string path, string part)
    {
        using var tool = new HttpTool("T", new Uri(new Uri(address), path));
        var result = await Run(tool, "a");
        Assert.Equal(ToolOutcome.Failed, result.Outcome);
        Assert.Contains(part, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_answer_is_cut()
    {
        using var tool = new HttpTool("T", new Uri(address + "big"));
        Assert.Equal((true, 500), (await Run(tool, "a")) is var result ? (result.IsCut, result.Text.Length) : default);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("relative")]
    public void Other_addresses_are_refused(string wrong) =>
        Assert.Throws<ArgumentException>(() => new HttpTool("T", new Uri(wrong, UriKind.RelativeOrAbsolute)));

    static Task<ToolResult> Run(HttpTool tool, string input) =>
        new ToolRunner([tool], new ToolLimits { Timeout = Eventually.Limit }).RunAsync(new ToolCall("T", input), TestContext.Current.CancellationToken);
}
