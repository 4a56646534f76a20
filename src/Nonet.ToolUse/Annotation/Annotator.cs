using System.Runtime.CompilerServices;
using Nonet.Inference;
using Nonet.Text;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Filtering;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// Annotates texts with tool calls that a model proposes: finds likely positions, samples calls, runs them, and measures whether their results help the model
/// to predict the text. It does not filter: every sample is returned with its losses. Schick et al. 2023, section 2.
/// </summary>
public sealed class Annotator
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly IReadOnlyList<AnnotatedTool> tools;
    readonly SamplingOptions options;
    readonly ToolRunner runner;
    readonly CallReader reader;
    readonly CallSampler sampler;
    readonly LossFilter filter;

    /// <param name="engine">The model, a decoder. Its cache should hold the prompts of all texts that are annotated at once.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="tools">The tools. Each is tried separately.</param>
    /// <param name="options">How calls are sampled; null: the defaults.</param>
    /// <param name="limits">Limits of each call; null: the defaults.</param>
    /// <param name="marks">The marks of a call; null: the paper's.</param>
    public Annotator(DecodingEngine engine, Tokenizer tokenizer, IReadOnlyList<AnnotatedTool> tools, SamplingOptions? options = null, ToolLimits? limits = null,
        CallMarks? marks = null)
    {
        (this.engine, this.tokenizer, this.tools, this.options) = (engine, tokenizer, tools, options ?? new SamplingOptions());
        this.options.Check();
        if (tools.Count == 0)
            throw new ArgumentException("no tool is given; expected at least one", nameof(tools));
        foreach (var tool in tools)
            tool.Check();
        runner = new ToolRunner(tools.Select(t => t.Tool), limits, marks);
        reader = new CallReader(runner.Marks);
        sampler = new CallSampler(engine, tokenizer, runner.Marks, this.options);
        filter = new LossFilter(engine, tokenizer, runner.Marks);
    }

    /// <summary>Counts of the calls so far, by tool.</summary>
    public IReadOnlyDictionary<string, ToolCounts> Counts => runner.Counts;

    /// <summary>Annotates texts, several at once. The results follow the order of the texts and do not depend on how many are annotated at once.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<AnnotatedText> AnnotateAsync(IEnumerable<AnnotationText> texts,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<Task<AnnotatedText>>();
        try
        {
            foreach (var text in texts)
            {
                ahead.Enqueue(AnnotateAsync(text, ended.Token));
                if (ahead.Count == options.AtOnce)
                    yield return await ahead.Dequeue().ConfigureAwait(false);
            }
            while (ahead.TryDequeue(out var next))
                yield return await next.ConfigureAwait(false);
        }
        finally
        {
            if (ahead.Count > 0)
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(ahead.Select(t => t.ContinueWith(_ => _.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default))).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Annotates a text.</summary>
    /// <param name="text">The text. A tool's prompt (which contains the text), the text again, and a call must fit together into the model's context.</param>
    /// <param name="cancellationToken">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public async Task<AnnotatedText> AnnotateAsync(AnnotationText text, CancellationToken cancellationToken = default)
    {
        DocumentDate.Current = text.Date;
        var ids = tokenizer.EncodePlain(text.Text);
        var starts = Starts(text.Text, ids);
        var trials = await Task.WhenAll(tools.Where(t => t.Chooses?.Invoke(text) ?? true).Select(t => Try(t, text, ids, starts, cancellationToken)))
            .ConfigureAwait(false);
        return new AnnotatedText(text, trials);
    }

    /// <summary>
    /// Maximum number of tokens that annotating a text takes: the longest prompt with the text in it, the text again, and a call. It exceeds the context if
    /// they do not fit.
    /// </summary>
    internal int Needed(string text) => tools.Max(t => sampler.Needed(t.Prompt.Encode(engine, tokenizer, text, tokenizer.EncodePlain(text))));

    async Task<ToolTrial> Try(AnnotatedTool tool, AnnotationText text, int[] ids, int[] starts, CancellationToken cancellationToken)
    {
        var prompted = tool.Prompt.Encode(engine, tokenizer, text.Text, ids);
        if (sampler.Needed(prompted) is var needed && needed > engine.Context)
            throw new ArgumentException(FormattableString.Invariant(
                $"text {text.Number} of {ids.Length} tokens with the prompt of {tool.Name}, which contains it, and a call takes {needed} tokens; the model's ")
                + FormattableString.Invariant($"context is {engine.Context}"), nameof(text));
        var (likeliest, positions) = await sampler.Positions(tool, prompted, starts, cancellationToken).ConfigureAwait(false);
        var sampled = await Task.WhenAll(positions.Select(async position =>
        {
            int[] before = [.. prompted.Prompt, .. prompted.Text[..prompted.PlaceOf(position.Token, ids.Length)!.Value]];
            var samples = await sampler.Sample(tool, text.Number, position.Token, before, cancellationToken).ConfigureAwait(false);
            var run = await Task.WhenAll(samples.Select(s => Run(tool, s, text, starts[position.Token], cancellationToken))).ConfigureAwait(false);
            return new TriedPosition(position.Token, starts[position.Token], position.Probability, Merged(run));
        })).ConfigureAwait(false);
        return new ToolTrial(tool.Name, likeliest, await Score(ids, sampled, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads and runs a sampled call.</summary>
    async Task<SampledCall> Run(AnnotatedTool tool, SampledCall sample, AnnotationText text, int at, CancellationToken cancellationToken)
    {
        if (!sample.IsClosed || reader.Read(sample.Written) is not { } read || !read.Tool.Equals(tool.Name, StringComparison.OrdinalIgnoreCase))
            return sample;
        var call = read with { Tool = tool.Name };
        if (tool.ForbidsLookAhead && AnnotatedTool.LooksAhead(call, text.Text, at))
            return sample with { Call = call, LooksAhead = true };
        var result = await runner.RunAsync(call, cancellationToken).ConfigureAwait(false);
        var answer = result.Outcome == ToolOutcome.Answered ? result.Text : null;
        return sample with { Call = call, Outcome = result.Outcome, Result = answer, Error = result.Error };
    }

    /// <summary>Merges samples that are the same call, although they were written differently.</summary>
    static IReadOnlyList<SampledCall> Merged(IEnumerable<SampledCall> samples) =>
        [.. samples.GroupBy(s => s.Call is null ? (object)s : s.Call).Select(g => g.First() with { Count = g.Sum(s => s.Count) })];

    /// <summary>Measures the losses of all calls of a text that have a result.</summary>
    async Task<IReadOnlyList<TriedPosition>> Score(int[] ids, TriedPosition[] positions, CancellationToken cancellationToken)
    {
        var scored = positions.Select(p => p.Samples.ToArray()).ToArray();
        var places = new List<(int Position, int Sample)>();
        var candidates = new List<CallCandidate>();
        for (var p = 0; p < positions.Length; p++)
        {
            for (var s = 0; s < scored[p].Length; s++)
            {
                if (scored[p][s] is not { Call: { } call, Result: { } result })
                    continue;
                var candidate = new CallCandidate(ids, positions[p].Token, call, result);
                if (filter.Fits(candidate))
                {
                    places.Add((p, s));
                    candidates.Add(candidate);
                }
                else
                {
                    scored[p][s] = scored[p][s] with
                    {
                        Outcome = ToolOutcome.Refused,
                        Result = null,
                        Error = "the call and its result do not fit into the model's context",
                    };
                }
            }
        }
        var next = 0;
        await foreach (var losses in filter.ScoreAsync(candidates, cancellationToken).ConfigureAwait(false))
        {
            var (p, s) = places[next++];
            scored[p][s] = scored[p][s] with { WithResult = losses.WithResult, WithoutCall = losses.WithoutCall, WithoutResult = losses.WithoutResult };
        }
        return [.. positions.Select((p, i) => p with { Samples = scored[i] })];
    }

    /// <summary>Index of the character at which each token begins; -1 if it begins inside a character, or if the tokens do not spell the text there.</summary>
    int[] Starts(string text, int[] ids)
    {
        var starts = new int[ids.Length];
        var decoder = tokenizer.CreateDecoder();
        var (at, isWhole) = (0, true);
        for (var i = 0; i < ids.Length; i++)
        {
            starts[i] = isWhole ? at : -1;
            var piece = decoder.Add(ids[i]);
            isWhole = piece.Length > 0;
            at = at >= 0 && text.AsSpan(at).StartsWith(piece, StringComparison.Ordinal) ? at + piece.Length : -1;
        }
        return starts;
    }
}
