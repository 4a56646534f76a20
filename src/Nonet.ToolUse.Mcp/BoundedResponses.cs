namespace Nonet.ToolUse.Mcp;

/// <summary>Bounds the messages in responses over HTTP: the lines of a stream of events, or the whole body.</summary>
sealed class BoundedResponses(int most) : DelegatingHandler(new SocketsHttpHandler())
{
    static readonly AsyncLocal<Call?> current = new();

    /// <summary>Records for a call that its response was too long.</summary>
    public sealed class Call
    {
        public string? Excess { get; set; }
    }

    /// <summary>Begins a call. It records the responses to all requests of this asynchronous flow.</summary>
    public static Call Begin() => current.Value = new Call();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var call = current.Value;
        var (content, isStream) = (response.Content, response.Content.Headers.ContentType?.MediaType == "text/event-stream");
        var bounded = new StreamContent(new BoundedMessages(await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), most, isStream,
            excess => call?.Excess = excess));
        foreach (var (name, values) in content.Headers)
            bounded.Headers.TryAddWithoutValidation(name, values);
        response.Content = bounded;
        return response;
    }
}
