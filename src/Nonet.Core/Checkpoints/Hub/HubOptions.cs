using Nonet.Files;

namespace Nonet.Checkpoints.Hub;

/// <summary>
/// Settings of the hub and the cache. The environment variables are those of huggingface_hub, so that both programs share one cache.
/// </summary>
public sealed record HubOptions
{
    /// <summary>HF_ENDPOINT, or the public hub.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>
    /// HF_TOKEN, or the content of the file that HF_TOKEN_PATH names or that a login has left. It is sent only to the endpoint's host.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>HF_HUB_CACHE, or hub in HF_HOME, or ~/.cache/huggingface/hub.</summary>
    public required string Cache { get; init; }

    /// <summary>HF_HUB_OFFLINE: whether the network must not be used.</summary>
    public bool Offline { get; init; }

    /// <summary>Number of retries of a request that makes no progress.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Number of files downloaded at the same time.</summary>
    public int Parallel { get; init; } = 3;

    /// <summary>Longest time without data on a connection.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits before a retry.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>An address below the endpoint, whose own path is kept: a mirror may be a folder on a server.</summary>
    /// <param name="path">Path without a leading slash.</param>
    internal Uri AddressOf(string path) => new($"{Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");

    /// <summary>Reads the options from the environment.</summary>
    public static HubOptions FromEnvironment()
    {
        var home = Variable("HF_HOME")
            ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "huggingface");
        var options = new HubOptions
        {
            Cache = Variable("HF_HUB_CACHE") ?? Path.Combine(home, "hub"),
            Token = Variable("HF_TOKEN") ?? TokenFile(Variable("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            Offline = Variable("HF_HUB_OFFLINE") is { } offline && offline.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
        };
        if (Variable("HF_ENDPOINT") is not { } endpoint)
            return options;
        return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? options with { Endpoint = uri }
            : throw new HubException($"HF_ENDPOINT is '{endpoint}'; expected an address such as https://example.org");
    }

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    static string? TokenFile(string path) => File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
}

/// <summary>A model could not be downloaded. The message says what to do.</summary>
public sealed class HubException : IOException
{
    /// <summary>Creates an exception. The message is truncated if it is very long.</summary>
    public HubException(string message) : base(MalformedFileException.Short(message))
    {
    }

    /// <summary>Creates an exception with its cause.</summary>
    public HubException(string message, Exception inner) : base(MalformedFileException.Short(message), inner)
    {
    }
}
