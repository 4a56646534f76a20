using Nonet.Files;

namespace Nonet.Checkpoints.Hub;

/// <summary>Where models come from and where they are kept. The variables are those of huggingface_hub, so that both share one cache.</summary>
public sealed record HubOptions
{
    /// <summary>HF_ENDPOINT; the public hub otherwise.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>HF_TOKEN, else the file that HF_TOKEN_PATH names or that a login has left; sent to the endpoint's host alone.</summary>
    public string? Token { get; init; }

    /// <summary>HF_HUB_CACHE, else hub in HF_HOME, else ~/.cache/huggingface/hub.</summary>
    public required string Cache { get; init; }

    /// <summary>HF_HUB_OFFLINE: the network is not used.</summary>
    public bool Offline { get; init; }

    /// <summary>How often a request is tried again that brings nothing.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Files at a time.</summary>
    public int Parallel { get; init; } = 3;

    /// <summary>How long a connection may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits before a request is tried again.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>An address below the endpoint, whose own path is kept: a mirror may be one folder of a server.</summary>
    /// <param name="path">Without a slash at its start.</param>
    internal Uri AddressOf(string path) => new($"{Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");

    /// <summary>The options that the environment gives.</summary>
    public static HubOptions FromEnvironment()
    {
        var home = Variable("HF_HOME") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");
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

/// <summary>A model could not be pulled; the message says what to do.</summary>
public sealed class HubException : IOException
{
    public HubException(string message) : base(MalformedFileException.Short(message))
    {
    }

    public HubException(string message, Exception inner) : base(MalformedFileException.Short(message), inner)
    {
    }
}
