using System.Net.Http.Headers;
using System.Text;

namespace Nonet.ToolUse.Tools;

/// <summary>
/// An HTTP endpoint as a tool. The program sets its address. A model writes only the body of a POST request, as plain text, or one query parameter of a GET
/// request. Redirects are not followed, so no other address is ever requested.
/// </summary>
public sealed class HttpTool : ITool, IDisposable
{
    /// <summary>Maximum number of bytes read from a response.</summary>
    const int LongestResponse = 1 << 20;

    readonly Uri address;
    readonly string? parameter;
    readonly HttpClient client;

    /// <param name="name">The name in a call.</param>
    /// <param name="address">The endpoint: http or https.</param>
    /// <param name="parameter">Query parameter of a GET request that takes the input; null: the input is the body of a POST request.</param>
    /// <param name="description">What the tool does, in one sentence, for the list of tools in a model's prompt.</param>
    public HttpTool(string name, Uri address, string? parameter = null, string description = "")
    {
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"the address of tool '{name}' is '{address}'; expected one that begins with http:// or https://", nameof(address));
        (Name, this.address, this.parameter, Description) = (name, address, parameter, description);
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public bool IsRepeatable => false;

    /// <inheritdoc/>
    public async Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        using var request = parameter is null
            ? new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(input, Encoding.UTF8, "text/plain") }
            : new HttpRequestMessage(HttpMethod.Get, WithParameter(input));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}; expected 2xx");
        using var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var bytes = new byte[LongestResponse];
        var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes, 0, read);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => client.Dispose();

    Uri WithParameter(string input)
    {
        var query = $"{Uri.EscapeDataString(parameter!)}={Uri.EscapeDataString(input)}";
        return new UriBuilder(address) { Query = address.Query.Length > 1 ? $"{address.Query[1..]}&{query}" : query }.Uri;
    }
}
