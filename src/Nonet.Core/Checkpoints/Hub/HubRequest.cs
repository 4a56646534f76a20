using System.Net;
using System.Net.Http.Headers;

namespace Nonet.Checkpoints.Hub;

/// <summary>
/// GET requests to a hub. Redirects are followed here, so that the token stays with the endpoint's host; temporary failures are retried.
/// </summary>
sealed class HubRequest(HubOptions options) : IDisposable
{
    const int MostRedirects = 8;
    static readonly TimeSpan longest = TimeSpan.FromMinutes(2);

    readonly HttpClient client =
        new(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = options.Silence })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>Sends a request and returns the answer with its body unread. Its status is a success, or 416 if a range was requested.</summary>
    /// <param name="uri">Address.</param>
    /// <param name="name">Model, for messages.</param>
    /// <param name="from">First byte; 0: all.</param>
    /// <param name="stopping">Cancels the request.</param>
    public async Task<HttpResponseMessage> Get(Uri uri, HubName name, long from, CancellationToken stopping)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.UserAgent.ParseAdd("nonet");
            request.Headers.AcceptEncoding.ParseAdd("identity");
            if (options.Token is { } token && uri.Host == options.Endpoint.Host && uri.Port == options.Endpoint.Port && uri.Scheme == options.Endpoint.Scheme)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            var answer = await Silent(token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), stopping).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect
                or HttpStatusCode.PermanentRedirect)
            {
                var location = answer.Headers.Location;
                answer.Dispose();
                if (location is null || redirects == MostRedirects)
                    throw new HubException($"{name}: {uri} redirects {(location is null ? "nowhere" : "too often")}");
                if (!Uri.TryCreate(uri, location, out var next) || next.Scheme is not ("http" or "https"))
                    throw new HubException($"{name}: {uri} redirects to another kind of address than http or https");
                uri = next;
                continue;
            }
            if (answer.IsSuccessStatusCode || (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0))
                return answer;
            using (answer)
                throw Refused(answer, uri, name);
        }
    }

    /// <summary>Runs an operation with the time limit of silence, whose end throws an <see cref="IOException"/>.</summary>
    public async Task<T> Silent<T>(Func<CancellationToken, Task<T>> work, CancellationToken stopping)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        silence.CancelAfter(options.Silence);
        try
        {
            return await work(silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new IOException($"the connection was silent for {options.Silence.TotalSeconds:0} seconds");
        }
    }

    /// <summary>Runs an operation, and retries after temporary failures; without a limit as long as it makes progress.</summary>
    /// <param name="name">Model, for messages.</param>
    /// <param name="work">The operation.</param>
    /// <param name="progress">A number that grows with progress.</param>
    /// <param name="stopping">Cancels the operation.</param>
    public async Task<T> Patiently<T>(HubName name, Func<Task<T>> work, Func<long> progress, CancellationToken stopping)
    {
        for (var (attempt, reached) = (0, progress()); ; attempt++)
        {
            TimeSpan? asked;
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or (IOException and not HubException) or Again)
            {
                if (progress() > reached)
                    (attempt, reached) = (0, progress());
                if (attempt >= options.Retries)
                    throw new HubException(
                        $"{name}: {e.Message}; tried {attempt + 1} times. The downloaded part is kept: run the same command again to continue", e);
                asked = (e as Again)?.After;
            }
            var wait = asked ?? TimeSpan.FromSeconds(Math.Pow(2, attempt));
            await options.Wait(wait < longest ? wait : longest, stopping).ConfigureAwait(false);
        }
    }

    static Exception Refused(HttpResponseMessage answer, Uri uri, HubName name) => (int)answer.StatusCode switch
    {
        401 => new HubException(
            $"{name}: the hub answers 401: there is no such model, or it is private; check the name, or set HF_TOKEN to a token that may read it"),
        403 => new HubException(
            $"{name}: the hub answers 403: your token may not read it; accept the model's terms on its page, or set HF_TOKEN to another token"),
        404 => new HubException($"{name}: the hub answers 404 for {uri.AbsolutePath}: there is no such model, revision or file"),
        408 or 429 or >= 500 => new Again($"{uri.Host} answers {(int)answer.StatusCode}", answer.Headers.RetryAfter?.Delta),
        var status => new HubException($"{name}: {uri.Host} answers {status} for {uri.AbsolutePath}"),
    };

    public void Dispose() => client.Dispose();

    /// <summary>The server asks for a later retry.</summary>
    sealed class Again(string message, TimeSpan? after) : Exception(message)
    {
        public TimeSpan? After { get; } = after;
    }
}
