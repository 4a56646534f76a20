using System.Text;
using Nonet.Inference;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>
/// Finds the positions of a text where a call is likely, and samples calls there. Schick et al. 2023, section 2, "Sampling API calls". One pass over P(x) and x
/// gives p(mark) at every position. The samples of a position then compute only their own tokens, because the engine caches the keys and values of the prefix.
/// </summary>
sealed class CallSampler
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly CallMarks marks;
    readonly SamplingOptions options;
    readonly int[] mark;

    public CallSampler(DecodingEngine engine, Tokenizer tokenizer, CallMarks marks, SamplingOptions options)
    {
        (this.engine, this.tokenizer, this.marks, this.options) = (engine, tokenizer, marks, options);
        mark = new CallEncoder(tokenizer).Encode(marks.Open);
    }

    /// <summary>Number of tokens that a prompt, its text and a call take.</summary>
    public int Needed(PromptedText prompted) => prompted.Prompt.Length + prompted.Text.Length + mark.Length + options.CallTokens;

    /// <summary>The positions with p(mark) above the tool's threshold, at most k, in the order of the text; and the highest p(mark) of all positions.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="prompted">P(x) and x after it.</param>
    /// <param name="starts">Index of the character at which each token of x begins; -1 if it begins inside a character.</param>
    /// <param name="cancellationToken">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public async Task<(double Likeliest, IReadOnlyList<(int Token, double Probability)> Positions)> Positions(AnnotatedTool tool, PromptedText prompted,
        int[] starts, CancellationToken cancellationToken)
    {
        var request = new ScoringRequest(prompted.Prompt, prompted.Text) { Watched = mark[0] };
        var scores = await engine.ScoreAsync(request, cancellationToken).ConfigureAwait(false);
        // p of a mark of several tokens is at most p of its first token, so positions are completed from the likeliest down, until no other can be among the k
        var likely = new PriorityQueue<int, double>(Enumerable.Range(0, starts.Length)
            .Where(i => starts[i] >= 0 && prompted.PlaceOf(i, starts.Length) is not null).Select(i => (i, -First(i))));
        var found = new List<(int Token, double Probability)>();
        while (likely.TryPeek(out _, out var bound) && !(found.Count >= tool.Positions && Kth() >= -bound)
            && -bound > Math.Min(tool.SampleThreshold, Highest()))
        {
            var ahead = new List<int>();
            while (ahead.Count < (mark.Length == 1 ? 1 : tool.Positions) && likely.TryDequeue(out var i, out _))
                ahead.Add(i);
            var rest = await Task.WhenAll(ahead.Select(i => Rest(prompted, prompted.PlaceOf(i, starts.Length)!.Value, cancellationToken)))
                .ConfigureAwait(false);
            found.AddRange(ahead.Select((i, n) => (i, First(i) * rest[n])));
            found.Sort((a, b) => a.Probability != b.Probability ? b.Probability.CompareTo(a.Probability) : a.Token.CompareTo(b.Token));
        }
        return (Highest(), [.. found.Where(f => f.Probability > tool.SampleThreshold).Take(tool.Positions).OrderBy(f => f.Token)]);

        double First(int i) => Math.Exp(scores[prompted.PlaceOf(i, starts.Length)!.Value].Watched!.Value);
        double Highest() => found.Count > 0 ? found[0].Probability : 0;
        double Kth() => found[tool.Positions - 1].Probability;
    }

    /// <summary>Samples m calls at a position and returns the distinct ones.</summary>
    public async Task<IReadOnlyList<SampledCall>> Sample(AnnotatedTool tool, int number, int token, int[] before, CancellationToken cancellationToken)
    {
        int[] prompt = [.. before, .. mark];
        var key = new RandomKey(options.Seed, (uint)number, Philox.Hash(tool.Name));
        var written = await Task.WhenAll(Enumerable.Range(0, tool.Calls).Select(sample =>
            One(prompt, Seed(key, ((ulong)token << 16) + (ulong)sample), cancellationToken))).ConfigureAwait(false);
        return [.. written.GroupBy(w => w).Select(g => new SampledCall(g.Key.Text, g.Count(), g.Key.IsClosed))];
    }

    /// <summary>p of the mark's tokens after the first.</summary>
    async Task<double> Rest(PromptedText prompted, int place, CancellationToken cancellationToken)
    {
        if (mark.Length == 1)
            return 1;
        int[] before = [.. prompted.Prompt, .. prompted.Text[..place], mark[0]];
        var scores = await engine.ScoreAsync(new ScoringRequest(before, mark[1..]), cancellationToken).ConfigureAwait(false);
        return Math.Exp(scores.Sum(s => s.LogProbability));
    }

    async Task<(string Text, bool IsClosed)> One(int[] prompt, ulong seed, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var generation = new GenerationOptions
        {
            Sampler = new SamplerOptions { Temperature = options.Temperature, Seed = seed },
            MaxTokens = options.CallTokens,
            StopTexts = [marks.Close, marks.Arrow],
        };
        await foreach (var token in engine.Generate(prompt, generation, cancellationToken).ConfigureAwait(false))
        {
            text.Append(token.Text);
            if (token.Text.AsSpan().ContainsAny('\n', '\r'))
                break; // a call is on one line
            if (token.Stop == StopReason.StopText)
                return (text.ToString().Trim(), true);
        }
        return (text.ToString().Trim(), false);
    }

    static ulong Seed(RandomKey key, ulong element)
    {
        var (a, b, _, _) = Philox.Block(key, element);
        return ((ulong)a << 32) | b;
    }
}
