using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Text;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Decoding;

/// <summary>
/// Continues a text and runs the calls that the model writes into it. A call begins where its mark is among the likeliest tokens. At the arrow the tool runs,
/// its result and the closing mark are inserted, and the model goes on. What does not become a call of a known tool, or gives no result, is taken back, and the
/// model's own words stand. Schick et al. 2023, section 2, "Inference".
/// </summary>
public sealed class ToolDecoder
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly ToolRunner tools;
    readonly CallReader reader;
    readonly CallEncoder encoder;
    readonly int[] mark;

    /// <param name="engine">The model, a decoder.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="tools">The tools, and what a call looks like.</param>
    public ToolDecoder(DecodingEngine engine, Tokenizer tokenizer, ToolRunner tools)
    {
        (this.engine, this.tokenizer, this.tools) = (engine, tokenizer, tools);
        (reader, encoder) = (new CallReader(tools.Marks), new CallEncoder(tokenizer));
        mark = encoder.Encode(tools.Marks.Open);
    }

    /// <summary>A decoder of calls for an opened model.</summary>
    public ToolDecoder(LanguageModel model, ToolRunner tools) : this(model.Engine, model.Tokenizer, tools)
    {
        if (model.Model is not ICausalModel)
            throw new NotSupportedException($"{model.Name} is a {model.Model.GetType().Name}, which continues no text; calls of tools need a decoder");
    }

    /// <summary>The whole new text, calls and their results included; <see cref="CallReader.Remove"/> takes them out.</summary>
    public async Task<string> CompleteAsync(string prompt, ToolDecodingOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        await foreach (var piece in StreamAsync(prompt, options, cancellationToken).ConfigureAwait(false))
            text.Append(piece.Text);
        return text.ToString();
    }

    /// <summary>Continues a text.</summary>
    /// <param name="prompt">The text; an empty one begins a document.</param>
    /// <param name="options">How; null: greedily, one call, as in the paper.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<ToolPiece> StreamAsync(string prompt, ToolDecodingOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new ToolDecodingOptions();
        options.Check();
        var ids = new List<int>(engine.Encode(prompt));
        var (calls, written) = (0, 0);
        while (true)
        {
            var segment = new Segment(tokenizer, ids, options.Generation.StopTexts);
            var isInterrupted = false;
            await foreach (var token in engine.Generate([.. ids], Segmented(options, calls, written), cancellationToken).ConfigureAwait(false))
            {
                if (calls < options.MaxCalls && Ranks(token, mark[0], options.TopK) && segment.IsWhole
                    && await Try([.. ids, .. segment.Ids], options, cancellationToken).ConfigureAwait(false) is { } call)
                {
                    yield return new ToolPiece(segment.Rest()) { Call = call };
                    var (inserted, ended) = await Run(call, ids.Count + segment.Ids.Count, cancellationToken).ConfigureAwait(false);
                    yield return ended;
                    calls++;
                    if (inserted.Length > 0 || calls == options.MaxCalls) // otherwise the text goes on here, and another call may begin
                    {
                        ids.AddRange([.. segment.Ids, .. inserted]);
                        written += segment.Ids.Count;
                        isInterrupted = true;
                        break;
                    }
                }
                var piece = segment.Add(token);
                yield return piece;
                if (piece.Stop is not null)
                    break;
            }
            if (!isInterrupted)
                yield break;
        }
    }

    /// <summary>Runs a call after so many tokens. Returns the tokens of the call and its result, none if it gave none, and the piece that says so.</summary>
    async Task<(int[] Inserted, ToolPiece Piece)> Run(ToolCall call, int before, CancellationToken cancellationToken)
    {
        var result = await tools.RunAsync(call, cancellationToken).ConfigureAwait(false);
        var text = result.Outcome == ToolOutcome.Answered ? tools.Marks.Write(call, result.Text) : "";
        var inserted = encoder.Encode(text);
        if (before + inserted.Length >= engine.Context)
            (text, inserted, result) = ("", [], new ToolResult(ToolOutcome.Refused, "", "the call and its result do not fit into the model's context"));
        return (inserted, new ToolPiece(text) { Call = call, Result = result });
    }

    /// <summary>Lets the model write a call after some tokens; null: what it writes is none, or a tool that does not exist.</summary>
    async Task<ToolCall?> Try(int[] before, ToolDecodingOptions options, CancellationToken cancellationToken)
    {
        if (before.Length + mark.Length >= engine.Context)
            return null;
        // a mark of several tokens must be among the likeliest token by token
        for (var i = 1; i < mark.Length; i++)
        {
            var one = options.Generation with { MaxTokens = 1, LogProbabilities = options.TopK, StopTexts = [] };
            await foreach (var token in engine.Generate([.. before, .. mark[..i]], one, cancellationToken).ConfigureAwait(false))
            {
                if (!Ranks(token, mark[i], options.TopK))
                    return null;
            }
        }
        var body = new StringBuilder();
        var inside = options.Generation with
        {
            MaxTokens = options.MaxCallTokens,
            LogProbabilities = null,
            StopTexts = [tools.Marks.Arrow, tools.Marks.Close, "\n"],
        };
        await foreach (var token in engine.Generate([.. before, .. mark], inside, cancellationToken).ConfigureAwait(false))
        {
            body.Append(token.Text);
            if (token.Stop == StopReason.StopText)
                return reader.Read(body.ToString()) is { } call && tools.Has(call.Tool) ? call : null;
            if (!CallReader.MayBecomeCall(body.ToString(), tools.Names))
                return null;
        }
        return null;
    }

    /// <summary>The options of the text up to the next call.</summary>
    GenerationOptions Segmented(ToolDecodingOptions options, int calls, int written)
    {
        var generation = options.Generation with { MaxTokens = options.Generation.MaxTokens - written, StopTexts = [] }; // the segment has them
        if (calls < options.MaxCalls)
            return generation with { LogProbabilities = Math.Max(options.TopK, generation.LogProbabilities ?? 0) };
        // no call may begin: P(mark) = 0. A mark of several tokens begins with one that ordinary text needs.
        return mark.Length > 1 ? generation : generation with
        {
            Sampler = generation.Sampler with
            {
                LogitBias = new Dictionary<int, double>(generation.Sampler.LogitBias ?? new Dictionary<int, double>()) { [mark[0]] = double.NegativeInfinity },
            },
        };
    }

    static bool Ranks(GeneratedToken token, int id, int top) => token.Likeliest!.Take(top).Any(likely => likely.Id == id);

    /// <summary>The tokens since the last call and their text.</summary>
    sealed class Segment
    {
        /// <summary>Tokens that may share a character: of four bytes at most, and some that have none.</summary>
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

        /// <summary>Whether the text so far ends with a whole character.</summary>
        public bool IsWhole => Ids.Count == 0 || !tokenizer.Decode([.. Ids.TakeLast(Near)]).EndsWith('\ufffd');

        /// <summary>The piece that a token completes.</summary>
        public ToolPiece Add(GeneratedToken token)
        {
            Ids.Add(token.Id);
            var (shown, stop) = text.Add(token.Id, token.Stop);
            return new ToolPiece(shown) { Stop = stop };
        }

        /// <summary>What is held back because a stop text may begin there.</summary>
        public string Rest() => text.Finish();
    }
}
