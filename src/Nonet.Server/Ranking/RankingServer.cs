using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Ranking;

/// <summary>Web pages on which invited people rank answers, and a page for the owner that shows their progress and agreement.</summary>
public sealed class RankingServer : IAsyncDisposable
{
    /// <summary>Largest request; a judgement is far smaller.</summary>
    const int MostBytes = 256 << 10;

    readonly WebApplication app;
    readonly CancellationTokenSource stopping = new();
    readonly Task preparation;

    RankingServer(WebApplication app, Uri url, Task preparation, CancellationTokenSource stopping, string ownerToken) =>
        (this.app, Url, this.preparation, this.stopping, OwnerLink) = (app, url, preparation, stopping, new Uri(url, $"owner/join#{ownerToken}"));

    /// <summary>Address of the pages.</summary>
    public Uri Url { get; }

    /// <summary>Link that gives the owner access while the server runs.</summary>
    public Uri OwnerLink { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="store">Store of the rankings. It must outlive the server.</param>
    /// <param name="options">Prompts, models and settings.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">The options do not fit together.</exception>
    /// <exception cref="IOException">The port cannot be used.</exception>
    public static async Task<RankingServer> StartAsync(RankingStore store, RankingServerOptions options, CancellationToken cancellationToken = default)
    {
        Check(options);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBytes;
            kestrel.Listen(options.Address, options.Port);
        });
        var app = builder.Build();
        var ownerToken = Secret.Create();
        var tasks = new TaskPreparation(store, options);
        var endpoints = new RankingEndpoints(store, options, tasks, Secret.Digest(ownerToken));
        endpoints.Map(app);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"port {options.Port} of {options.Address} cannot be used ({e.Message}); choose another port, or 0 for a free one", e);
        }
        var url = options.PublicUrl ?? LocalUrl(app);
        endpoints.Url = url;
        var stopping = new CancellationTokenSource();
        return new RankingServer(app, url, Task.Run(() => tasks.Run(stopping.Token), CancellationToken.None), stopping, ownerToken);
    }

    /// <summary>Stops the server after the running requests have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await app.StopAsync().ConfigureAwait(false);
        await preparation.ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    /// <summary>Address at which the server listens; an address of this machine if it listens on all of them.</summary>
    static Uri LocalUrl(WebApplication app)
    {
        var uri = new UriBuilder(app.Urls.First());
        if (IPAddress.TryParse(uri.Host, out var bound) && (bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any)))
            uri.Host = NetworkInterface.GetAllNetworkInterfaces()
                .Where(n => n.OperationalStatus == OperationalStatus.Up && n.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                .SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
                .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork)?.ToString() ?? "localhost";
        return uri.Uri;
    }

    static void Check(RankingServerOptions options)
    {
        if (options.Models.Count == 0 && options.Prompts.FirstOrDefault(p => p.Answers.Count == 0) is { } bare)
            throw new ArgumentException(
                $"the prompt '{TaskPreparation.Short(bare.Prompt)}' has no answers, and there is no model to write them; name a model, "
                + "or give the prompt a field answers");
        if (options.Answers is < 4 or > Data.Preferences.Candidates.Most)
            throw new ArgumentException($"RankingServerOptions.Answers is {options.Answers}; expected 4 to {Data.Preferences.Candidates.Most}");
        if (options.Overlap < 1)
            throw new ArgumentException($"RankingServerOptions.Overlap is {options.Overlap}; expected at least 1");
    }
}
