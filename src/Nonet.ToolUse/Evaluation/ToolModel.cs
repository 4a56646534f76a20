using System.Security.Cryptography;
using System.Text;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Inference;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Evaluation;

/// <summary>
/// Evaluates a model that calls tools while it generates text. Answers are read from its texts without the calls. A tool that a task switches off cannot be
/// called, and a calendar returns the date of the item. Probabilities of given texts are the model's own, without calls.
/// </summary>
public sealed class ToolModel : IScoringModel
{
    readonly LocalModel model;
    readonly IReadOnlyList<ITool> tools;
    readonly ToolDecodingOptions options;
    readonly ToolLimits? limits;
    readonly Dictionary<string, string?> identities;
    readonly CallReader reader;
    readonly CallMarks marks;
    readonly AsyncLocal<DateOnly?> today = new();
    readonly Dictionary<string, (ToolRunner Runner, ToolDecoder Decoder)> decoders = new(StringComparer.OrdinalIgnoreCase);
    readonly Lock gate = new();

    /// <param name="model">The model; it must outlive this object.</param>
    /// <param name="tools">Its tools.</param>
    /// <param name="options">How it calls them. Each task determines sampling, length and stop texts. Null: as in the paper.</param>
    /// <param name="limits">Limits of each call; null: the defaults.</param>
    /// <param name="marks">The marks of a call; null: the paper's.</param>
    public ToolModel(LocalModel model, IReadOnlyList<ITool> tools, ToolDecodingOptions? options = null, ToolLimits? limits = null, CallMarks? marks = null)
    {
        (this.model, this.options, this.limits, this.marks) = (model, options ?? new ToolDecodingOptions(), limits, marks ?? CallMarks.Default);
        this.options.Check();
        this.tools = [.. tools.Select(t => t is CalendarTool calendar ? new CalendarTool(() => today.Value ?? calendar.Today) : t)];
        reader = new CallReader(this.marks);
        _ = Decoder([]); // throws if names clash
        identities = this.tools.ToDictionary(t => t.Name, t => t.Identity, StringComparer.Ordinal);
        Digest = DigestOf();
    }

    /// <inheritdoc/>
    public string Name => model.Name;

    /// <summary>Id of the token before every text.</summary>
    public int StartToken => model.StartToken;

    /// <summary>
    /// Digest of the model, the options, and the names and identities of the tools. A text in which a tool without an identity was called is not repeatable.
    /// </summary>
    public string Digest { get; }

    /// <inheritdoc/>
    public ChatMode Chat => model.Chat;

    /// <inheritdoc/>
    public int Context => model.Context;

    /// <summary>Counts of the calls so far, by tool.</summary>
    public IReadOnlyDictionary<string, ToolCounts> Counts
    {
        get
        {
            lock (gate)
            {
                return decoders.Values.SelectMany(d => d.Runner.Counts).GroupBy(c => c.Key, StringComparer.OrdinalIgnoreCase)
                    .ToDictionary(g => g.Key, g => g.Select(c => c.Value).Aggregate((a, b) => a.With(b)), StringComparer.OrdinalIgnoreCase);
            }
        }
    }

    /// <summary>Counts of the attempts to call a tool, in all texts so far.</summary>
    public AttemptCounts Attempts
    {
        get
        {
            lock (gate)
            {
                return decoders.Values.Select(d => d.Decoder.Attempts).Aggregate((a, b) =>
                    new AttemptCounts(a.Begun + b.Begun, a.Abandoned + b.Abandoned, a.Unclosed + b.Unclosed, a.Calls + b.Calls));
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations) => model.Encode(prompt, continuations);

    /// <inheritdoc/>
    public int[] Encode(ModelPrompt prompt) => model.Encode(prompt);

    /// <inheritdoc/>
    public IReadOnlyList<EncodedRequest> EncodeWindows(string text) => model.EncodeWindows(text);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids) => model.Decode(ids);

    /// <inheritdoc/>
    public Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping) =>
        model.Score(requests, done, stopping);

    /// <inheritdoc/>
    public async Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
    {
        var reporting = new Lock();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = model.AtOnce, CancellationToken = stopping };
        await Parallel.ForAsync(0, requests.Count, parallel, async (i, stopped) =>
        {
            var text = await Write(requests[i], stopped).ConfigureAwait(false);
            lock (reporting)
                done(i, text);
        }).ConfigureAwait(false);
    }

    async Task<WrittenText> Write(TextRequest request, CancellationToken stopping)
    {
        today.Value = request.Today;
        var decoding = options with
        {
            Generation = new GenerationOptions
            {
                MaxTokens = request.MaxTokens,
                StopTexts = [.. request.Stop],
                LogProbabilities = 0,
                Sampler = new SamplerOptions { Temperature = request.Temperature, TopK = request.TopK, Seed = request.Seed },
            },
        };
        var (text, logProbability, tokens, calls, reason, isRepeatable) = (new StringBuilder(), 0.0, 0, 0, StopReason.MaxTokens, true);
        await foreach (var piece in Decoder(request.ToolsOff).StreamAsync(model.Encode(request.Prompt), decoding, stopping).ConfigureAwait(false))
        {
            text.Append(piece.Text);
            (tokens, logProbability) = (tokens + (piece.Token is null ? 0 : 1), logProbability + (piece.Token?.LogProbability ?? 0));
            calls += piece.Result is { Outcome: ToolOutcome.Answered } ? 1 : 0;
            isRepeatable &= piece is not { Call: { } call, Result: { } result }
                // a timeout may be due to a slow machine, so it is not repeatable
                || (result.Outcome is ToolOutcome.Answered or ToolOutcome.Nothing && IsKnown(call.Tool, request.Today));
            reason = piece.Stop ?? reason;
        }
        var transcript = text.ToString();
        return new WrittenText(reader.Remove(transcript), LocalModel.NameOf(reason), logProbability, tokens)
        {
            Calls = calls,
            Transcript = calls > 0 ? transcript : null,
            IsRepeatable = isRepeatable,
        };
    }

    /// <summary>Whether the key of a text determines the tool's results: through the digest, or through the date that the calendar returns.</summary>
    bool IsKnown(string name, DateOnly? date)
    {
        var tool = tools.First(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return identities[tool.Name] is { } known && (date is not null || tool.Identity == known); // the calendar's identity changes at midnight
    }

    ToolDecoder Decoder(IReadOnlyList<string> off)
    {
        lock (gate)
        {
            var key = string.Join(',', off.Order(StringComparer.OrdinalIgnoreCase));
            if (!decoders.TryGetValue(key, out var known))
            {
                var runner = new ToolRunner(tools.Where(t => !off.Contains(t.Name, StringComparer.OrdinalIgnoreCase)), limits, marks);
                decoders.Add(key, known = (runner, new ToolDecoder(model.Engine, model.Tokenizer, runner)));
            }
            return known.Decoder;
        }
    }

    string DigestOf()
    {
        var settings = $"{model.Digest}|{options.TopK}|{options.MaxCalls}|{options.MaxCallTokens}|{marks}|"
            + string.Join(',', tools.Select(t => $"{t.Name}={identities[t.Name]}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))[..32];
    }
}
