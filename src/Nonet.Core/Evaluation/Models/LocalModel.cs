using System.Text;
using Nonet.Checkpoints;
using Nonet.Evaluation.Prompts;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Evaluation.Models;

/// <summary>
/// A decoder that runs in this process. Requests share the batches of a <see cref="DecodingEngine"/>, and common prefixes are computed once.
/// </summary>
public sealed class LocalModel : IScoringModel, IDisposable
{
    readonly ICausalModel model;
    readonly Tokenizer tokenizer;
    readonly RequestEncoder encoder;
    readonly DecodingEngine engine;
    readonly int atOnce;

    /// <param name="open">A decoder with a tokenizer. The caller disposes of it after this object.</param>
    /// <param name="name">Name in reports.</param>
    /// <param name="chat">How prompts are passed to the model.</param>
    /// <param name="atOnce">Number of requests that are computed together; the results do not depend on it.</param>
    /// <exception cref="NotSupportedException">The model is not a decoder, or it lacks the chat template that <paramref name="chat"/> needs.</exception>
    public LocalModel(LoadedModel open, string name, ChatMode chat = ChatMode.Off, int atOnce = 64)
    {
        (model, tokenizer, Name, Chat, this.atOnce) = (open.Decoder, open.LoadTokenizer(), name, chat, atOnce);
        var template = chat == ChatMode.Off ? null : open.LoadChatTemplate()
            ?? throw new NotSupportedException(
                $"{open.FolderPath}: found no chat template; expected one in tokenizer_config.json or chat_template.jinja, or --chat off");
        encoder = new RequestEncoder(tokenizer, open.File.StartToken(tokenizer), chat, template);
        Digest = ModelDigest.Of(open.FolderPath);
        engine = new DecodingEngine(model, tokenizer, new EngineOptions { MostSequences = atOnce }, encoder.Start);
    }

    /// <summary>The engine that generates the texts.</summary>
    internal DecodingEngine Engine => engine;

    internal Tokenizer Tokenizer => tokenizer;

    /// <summary>Number of requests that are computed together.</summary>
    internal int AtOnce => atOnce;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Digest { get; }

    /// <inheritdoc/>
    public ChatMode Chat { get; }

    /// <inheritdoc/>
    public int Context => engine.Context;

    /// <summary>The start token, the first id of every request.</summary>
    public int StartToken => encoder.Start;

    /// <inheritdoc/>
    public IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations) => encoder.Encode(prompt, continuations);

    /// <inheritdoc/>
    public int[] Encode(ModelPrompt prompt) => encoder.Encode(prompt);

    /// <inheritdoc/>
    public IReadOnlyList<EncodedRequest> EncodeWindows(string text) => encoder.Windows(text, engine.Context);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids);

    /// <inheritdoc/>
    public async Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping)
    {
        var i = 0;
        await foreach (var tokens in engine.ScoreAsync(requests.Select(r => new ScoringRequest(r.Context, r.Continuation)), stopping).ConfigureAwait(false))
            done(i++, new ContinuationScore(tokens.Sum(t => t.LogProbability), tokens.Count, tokens.All(t => t.IsLikeliest)));
    }

    /// <inheritdoc/>
    public async Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
    {
        var reporting = new Lock();
        await Parallel.ForAsync(0, requests.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stopping }, async (i, stopped) =>
        {
            var text = await Write(requests[i], stopped).ConfigureAwait(false);
            lock (reporting)
                done(i, text);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();

    async Task<WrittenText> Write(TextRequest request, CancellationToken stopping)
    {
        var (text, logProbability, tokens, reason) = (new StringBuilder(), 0.0, 0, StopReason.MaxTokens);
        var options = new GenerationOptions
        {
            MaxTokens = request.MaxTokens,
            StopTexts = [.. request.Stop],
            LogProbabilities = 0,
            Sampler = new SamplerOptions { Temperature = request.Temperature, TopK = request.TopK, Seed = request.Seed },
        };
        await foreach (var token in engine.Generate(encoder.Encode(request.Prompt), options, stopping).ConfigureAwait(false))
        {
            text.Append(token.Text);
            (logProbability, tokens, reason) = (logProbability + token.LogProbability!.Value, tokens + 1, token.Stop ?? reason);
        }
        return new WrittenText(text.ToString(), NameOf(reason), logProbability, tokens);
    }

    /// <summary>Name of a stop reason in results.</summary>
    internal static string NameOf(StopReason reason) => reason switch
    {
        StopReason.EndOfText => "end_of_text",
        StopReason.StopText => "stop_text",
        StopReason.ContextFull => "context_full",
        _ => "max_tokens",
    };
}
