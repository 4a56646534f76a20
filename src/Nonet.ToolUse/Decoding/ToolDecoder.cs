using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Inference;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Models;
using Nonet.Text;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Decoding;

/// <summary>
/// Continues a text and runs the calls that the model writes into it. A call begins where its mark is among the likeliest tokens. At the arrow the tool runs,
/// its result and the closing mark are inserted, and the model continues. An attempt that does not become a call of a known tool, or has no result, is
/// removed: the text then continues without a mark at this place. Schick et al. 2023, section 2, "Inference".
/// </summary>
public sealed class ToolDecoder
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly ToolRunner tools;
    readonly CallReader reader;
    readonly CallEncoder encoder;
    readonly TokenVocabulary vocabulary;
    readonly ForbiddenText noMark, noMarkFirst;
    readonly string[] names;
    readonly int[] mark;
    long attempts, abandoned, unclosed, calls;

    /// <param name="engine">The model, a decoder.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="tools">The tools, and the marks of a call.</param>
    public ToolDecoder(DecodingEngine engine, Tokenizer tokenizer, ToolRunner tools)
    {
        (this.engine, this.tokenizer, this.tools) = (engine, tokenizer, tools);
        (reader, encoder, names) = (new CallReader(tools.Marks), new CallEncoder(tokenizer), [.. tools.Names]);
        mark = encoder.Encode(tools.Marks.Open);
        vocabulary = TokenVocabulary.Of(tokenizer);
        (noMark, noMarkFirst) = (new ForbiddenText(tools.Marks.Open, vocabulary), new ForbiddenText(tools.Marks.Open, vocabulary, onlyFirst: true));
    }

    /// <summary>A decoder of calls for an opened model.</summary>
    public ToolDecoder(LanguageModel model, ToolRunner tools) : this(model.Engine, model.Tokenizer, tools)
    {
        if (model.Model is not ICausalModel)
            throw new NotSupportedException($"{model.Name} is a {model.Model.GetType().Name}, which does not continue text; tool calls need a decoder");
    }

    /// <summary>Counts of the attempts to call a tool, in all texts so far.</summary>
    public AttemptCounts Attempts =>
        new(Interlocked.Read(ref attempts), Interlocked.Read(ref abandoned), Interlocked.Read(ref unclosed), Interlocked.Read(ref calls));

    /// <summary>Continues a text and returns the new text, with the calls and their results. <see cref="CallReader.Remove"/> removes them.</summary>
    public async Task<string> CompleteAsync(string prompt, ToolDecodingOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        await foreach (var piece in StreamAsync(prompt, options, cancellationToken).ConfigureAwait(false))
            text.Append(piece.Text);
        return text.ToString();
    }

    /// <summary>Continues a text.</summary>
    /// <param name="prompt">The text; an empty one begins a document.</param>
    /// <param name="options">How the text is continued; null: greedily, with at most one call, as in the paper.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<ToolPiece> StreamAsync(string prompt, ToolDecodingOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(engine.Encode(prompt), options, cancellationToken);

    /// <summary>Continues tokens.</summary>
    /// <param name="prompt">The tokens, at least one.</param>
    /// <param name="options">How the text is continued; null: greedily, with at most one call, as in the paper.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<ToolPiece> StreamAsync(IReadOnlyList<int> prompt, ToolDecodingOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new ToolDecodingOptions();
        options.Check();
        var ids = new List<int>(prompt);
        var (run, written, isTakenBack) = (0, 0, false);
        while (true)
        {
            var segment = new Segment(tokenizer, ids, options.Generation.StopTexts);
            var isInterrupted = false;
            var mayCall = !isTakenBack; // at most one attempt at each position
            var generation = Segmented(options, ids, run, written, isTakenBack);
            await foreach (var token in engine.Generate([.. ids], generation, cancellationToken).ConfigureAwait(false))
            {
                if (mayCall && run < options.MaxCalls && Ranks(token, mark[0], options.TopK) && segment.IsWhole)
                {
                    var attempt = await Try([.. ids, .. segment.Ids], options, cancellationToken).ConfigureAwait(false);
                    if (attempt.HasBegun)
                    {
                        int[] inserted = [];
                        yield return new ToolPiece(segment.Rest()) { Call = attempt.Call, Unclosed = attempt.Unclosed };
                        if (attempt.Call is { } call)
                        {
                            (inserted, var ended) = await Run(call, ids.Count + segment.Ids.Count, cancellationToken).ConfigureAwait(false);
                            yield return ended;
                            run++;
                        }
                        ids.AddRange([.. segment.Ids, .. inserted]);
                        written += segment.Ids.Count;
                        (isInterrupted, isTakenBack) = (true, inserted.Length == 0);
                        break;
                    }
                }
                mayCall = true;
                var piece = segment.Add(token);
                yield return piece;
                if (piece.Stop is not null)
                    break;
            }
            if (!isInterrupted)
                yield break;
        }
    }

    /// <summary>
    /// Runs a call after a number of tokens. Returns the tokens of the call and its result (none if the call has no result) and the piece that reports it.
    /// </summary>
    async Task<(int[] Inserted, ToolPiece Piece)> Run(ToolCall call, int before, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref calls);
        var result = await tools.RunAsync(call, cancellationToken).ConfigureAwait(false);
        var text = result.Outcome == ToolOutcome.Answered ? tools.Marks.Write(call, result.Text) : "";
        var inserted = encoder.Encode(text);
        if (before + inserted.Length >= engine.Context)
            (text, inserted, result) = ("", [], new ToolResult(ToolOutcome.Refused, "", "the call and its result do not fit into the model's context"));
        return (inserted, new ToolPiece(text) { Call = call, Result = result });
    }

    /// <summary>Lets the model generate a call after some tokens.</summary>
    async Task<Attempt> Try(int[] before, ToolDecodingOptions options, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref attempts);
        var attempt = await Write(before, options, cancellationToken).ConfigureAwait(false);
        if (!attempt.HasBegun)
            Interlocked.Increment(ref abandoned);
        else if (attempt.Call is null)
            Interlocked.Increment(ref unclosed);
        return attempt;
    }

    async Task<Attempt> Write(int[] before, ToolDecodingOptions options, CancellationToken cancellationToken)
    {
        if (before.Length + mark.Length >= engine.Context)
            return default;
        // each token of the mark must be among the likeliest
        for (var i = 1; i < mark.Length; i++)
        {
            var one = options.Generation with { MaxTokens = 1, LogProbabilities = options.TopK, StopTexts = [] };
            await foreach (var token in engine.Generate([.. before, .. mark[..i]], one, cancellationToken).ConfigureAwait(false))
            {
                if (!Ranks(token, mark[i], options.TopK))
                    return default;
            }
        }
        var body = new StringBuilder();
        var inside = options.Generation with
        {
            MaxTokens = options.MaxCallTokens,
            LogProbabilities = null,
            StopTexts = [],
        };
        var (hasBegun, stop) = (false, default(StopReason?));
        await foreach (var token in engine.Generate([.. before, .. mark], inside, cancellationToken).ConfigureAwait(false))
        {
            body.Append(token.Text);
            var written = body.ToString();
            if (!CallReader.MayBecomeCall(written, names))
                return default;
            (hasBegun, stop) = (written.Contains('(', StringComparison.Ordinal), token.Stop);
            if (!reader.Follow(written, out var call))
                return new Attempt(true, null, Unclosed(written, null, options));
            if (call is not null)
                return new Attempt(true, call, null);
        }
        return new Attempt(hasBegun, null, hasBegun ? Unclosed(body.ToString(), stop, options) : null);
    }

    /// <summary>A call that can no longer be completed, and the reason.</summary>
    UnclosedCall Unclosed(string written, StopReason? stop, ToolDecodingOptions options) => new(written, stop switch
    {
        StopReason.MaxTokens => string.Create(CultureInfo.InvariantCulture, $"it did not close within {options.MaxCallTokens} tokens"),
        StopReason.ContextFull => "the model's context was full before it closed",
        { } => "the text ended before it closed",
        null when written.Contains('\n', StringComparison.Ordinal) => "its line ended before it closed",
        null when written.Contains(tools.Marks.Open.Trim(), StringComparison.Ordinal) => "another call begins inside it",
        null => "it cannot be read as a call",
    });

    /// <summary>The generation options for the text up to the next call.</summary>
    GenerationOptions Segmented(ToolDecodingOptions options, List<int> before, int run, int written, bool isTakenBack)
    {
        var generation = options.Generation with { MaxTokens = options.Generation.MaxTokens - written, StopTexts = [] }; // the segment checks them
        if (run == options.MaxCalls) // P(mark) = 0, however many tokens the mark has
            return generation with { Constraint = noMark.After(Tail(before)) };
        generation = generation with { LogProbabilities = Math.Max(options.TopK, generation.LogProbabilities ?? 0) };
        return isTakenBack ? generation with { Constraint = noMarkFirst } : generation;
    }

    /// <summary>The bytes of the last tokens, of as many as can contain the beginning of the mark.</summary>
    byte[] Tail(List<int> ids) => [.. ids.TakeLast(Encoding.UTF8.GetByteCount(tools.Marks.Open)).SelectMany(id => vocabulary.BytesOf(id).ToArray())];

    /// <summary>The outcome of an attempt to call a tool.</summary>
    /// <param name="HasBegun">Whether the name of a tool and a parenthesis follow the mark.</param>
    /// <param name="Call">The call; null if it was not completed.</param>
    /// <param name="Unclosed">A call that began and was not completed; null if there is none.</param>
    readonly record struct Attempt(bool HasBegun, ToolCall? Call, UnclosedCall? Unclosed);

    static bool Ranks(GeneratedToken token, int id, int top) => token.Likeliest!.Take(top).Any(likely => likely.Id == id);

    /// <summary>The tokens since the last call and their text.</summary>
    sealed class Segment
    {
        /// <summary>Maximum number of tokens that share a character: up to four with a byte each, and some without bytes.</summary>
        const int Near = 8;

        readonly Tokenizer tokenizer;
        readonly TokenText text;

        public Segment(Tokenizer tokenizer, List<int> before, IReadOnlyCollection<string> stopTexts)
        {
            this.tokenizer = tokenizer;
            var decoder = tokenizer.CreateDecoder();
            decoder.Follow([.. before.TakeLast(Near).Where(id => !tokenizer.IsSpecial(id))]);
            text = new TokenText(decoder, stopTexts);
        }

        public List<int> Ids { get; } = [];

        /// <summary>Whether the text so far ends with a complete character.</summary>
        public bool IsWhole => Ids.Count == 0 || !tokenizer.Decode([.. Ids.TakeLast(Near)]).EndsWith('\ufffd');

        /// <summary>The piece that a token completes.</summary>
        public ToolPiece Add(GeneratedToken token)
        {
            Ids.Add(token.Id);
            var (shown, stop) = text.Add(token.Id, token.Stop);
            return new ToolPiece(shown) { Token = token, Stop = stop };
        }

        /// <summary>The text that was held back because a stop text could begin there.</summary>
        public string Rest() => text.Finish();
    }
}
