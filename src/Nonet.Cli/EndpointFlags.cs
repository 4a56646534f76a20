using System.CommandLine;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Recipes.Evaluation;

namespace Nonet.Cli;

/// <summary>Options that name an OpenAI-compatible endpoint in place of a model.</summary>
sealed class EndpointFlags
{
    readonly Option<string?> address =
        new("--endpoint")
        {
            Description =
        "Ask an OpenAI-compatible endpoint instead of a model: the address before /chat/completions. For tasks of kind generation.",
            HelpName = "URL"
        };
    readonly Option<string?> model = new("--api-model") { Description = "The model's name at the endpoint.", HelpName = "NAME" };
    readonly Option<string?> key = new("--api-key-env") { Description = "The environment variable that holds the endpoint's key.", HelpName = "NAME" };
    readonly Option<int?> concurrency = Flags.Whole("--concurrency", "Requests to the endpoint that are under way at once; 4 by default.", 1, 1000);
    readonly Option<int?> retries = Flags.Whole("--retries", "Number of times that a failed request is sent again; 3 by default.", 0, 100);
    readonly Option<double?> timeout = Flags.Number("--timeout", "Seconds that an answer may take; 120 by default.", "a number above 0", x => x > 0);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { address, model, key, concurrency, retries, timeout })
            command.Add(option);
    }

    /// <summary>The endpoint; null if none is given.</summary>
    public (ITextModel Model, IDisposable Owned)? Open(ParseResult parsed, ChatMode chat)
    {
        if (parsed.GetValue(address) is not { } text)
        {
            return new Option[] { model, key, concurrency, retries, timeout }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } stray
                ? throw new UsageException($"{stray.Name} is given without --endpoint; expected the endpoint's address") : null;
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new UsageException($"--endpoint is '{text}'; expected an address, such as http://localhost:8080/v1");
        var name = parsed.GetValue(model) ?? throw new UsageException("--api-model is missing; expected the model's name at the endpoint");
        var secret = parsed.GetValue(key) is not { } variable ? null
            : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } found ? found
            : throw new UsageException($"--api-key-env is {variable}: that environment variable is not set");
        var defaults = new ChatClientOptions();
        var client = new OpenAiChatClient(uri, name, secret);
        return (new ChatClientModel(client, name, DigestOf($"{uri.AbsoluteUri}\0{name}"), chat, new ChatClientOptions
        {
            Concurrency = parsed.GetValue(concurrency) ?? defaults.Concurrency,
            Retries = parsed.GetValue(retries) ?? defaults.Retries,
            Timeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : defaults.Timeout,
        }), client);
    }

    static string DigestOf(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..32];
}
