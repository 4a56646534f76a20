using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Inference.Scheduling;
using Nonet.Inference.Scheduling.Drafts;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>Counters of a <see cref="DecodingEngine"/> since its creation.</summary>
/// <param name="Steps">Number of forward passes.</param>
/// <param name="ComputedTokens">Number of tokens that went through the model.</param>
/// <param name="ReusedTokens">Number of prompt tokens whose keys and values were already in the cache.</param>
/// <param name="Preemptions">Number of times that a sequence was evicted from the cache and computed again.</param>
/// <param name="DraftedTokens">Number of drafted tokens.</param>
/// <param name="AcceptedTokens">Number of drafted tokens that the model accepted.</param>
public readonly record struct EngineCounts(long Steps, long ComputedTokens, long ReusedTokens, long Preemptions, long DraftedTokens, long AcceptedTokens);

/// <summary>
/// Generates and scores with one model for any number of callers at once. Their sequences share each step's batch (Yu et al. 2022, continuous batching), the
/// memory of one <see cref="KvCache"/>, and the keys and values of common prefixes. With an unquantised model, the result of a sequence does not depend on the
/// other sequences, bit by bit. Steps run on a pool thread while there is work. Call <see cref="ForgetPrefixes"/> after the weights have changed.
/// </summary>
public sealed class DecodingEngine : IDisposable
{
    readonly ILanguageModel model;
    readonly Tokenizer? tokenizer;
    readonly int? start;
    readonly EngineOptions options;
    readonly IForwardPass pass;
    readonly KvCache cache;
    readonly Scheduler scheduler;
    readonly Lock gate = new(), stepping = new();
    readonly List<EngineSequence> arrived = [];
    Task loop = Task.CompletedTask;
    bool isRunning, isAwake, isDisposed;
    int submitted;

    /// <param name="model">A decoder or an encoder-decoder with its weights.</param>
    /// <param name="tokenizer">Tokenizer of the model; null: input and output are only ids.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <param name="start">First token of a text without a prompt, from the model's files; null: the tokenizer's end token.</param>
    public DecodingEngine(ILanguageModel model, Tokenizer? tokenizer = null, EngineOptions? options = null, int? start = null)
    {
        (this.model, this.tokenizer, this.start, this.options) = (model, tokenizer, start, options ?? new EngineOptions());
        this.options.Check();
        if (tokenizer is not null && tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        pass = model switch
        {
            ICausalModel decoder => new DecoderPass(decoder),
            IEncoderDecoder both => new EncoderDecoderPass(both),
            _ => throw new NotSupportedException($"a {model.GetType().Name} does not generate text; expected a decoder or an encoder-decoder"),
        };
        var cached = (ICachedModel)model;
        CacheTokens = this.options.CacheTokens ?? DefaultCacheTokens(cached, this.options);
        cache = new KvCache(cached, CacheTokens, this.options.CacheType);
        CacheTokens = cache.MostBlocks * KvCache.BlockSize;
        scheduler = new Scheduler(pass, cache, this.options, Drafter());
    }

    /// <summary>Capacity of the cache in tokens.</summary>
    public int CacheTokens { get; }

    /// <summary>Maximum number of tokens in a sequence: the model's context, or the capacity of the cache if that is smaller.</summary>
    public int Context => Math.Min(model.Context, CacheTokens);

    /// <summary>
    /// Counters of all finished steps. Waits for the current step, because a consumer receives a token before its step ends, and expects it to be counted.
    /// </summary>
    public EngineCounts Counts
    {
        get
        {
            lock (stepping)
                return new(scheduler.Steps, scheduler.ComputedTokens, scheduler.ReusedTokens, scheduler.Preemptions, scheduler.Drafts.Drafted,
                    scheduler.Drafts.Accepted);
        }
    }

    /// <summary>Continues a text; an encoder-decoder answers it. An empty prompt begins a document.</summary>
    /// <param name="prompt">The text. The engine needs a tokenizer for it.</param>
    /// <param name="options">Sampling and stop settings; null: the defaults. The tokenizer's end token always stops.</param>
    /// <param name="cancellationToken">Cancels the enumeration within a step.</param>
    public Generation Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Generate(Encode(prompt), options, follows: true, cancellationToken);

    /// <summary>Continues ids, such as those of a conversation.</summary>
    public Generation Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Generate([.. prompt], options, follows: false, cancellationToken);

    /// <summary>Generates the whole new text.</summary>
    public async Task<string> CompleteAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        await foreach (var token in Generate(prompt, options, cancellationToken).ConfigureAwait(false))
            text.Append(token.Text);
        return text.ToString();
    }

    /// <summary>The ids that <see cref="Generate(string, GenerationOptions?, CancellationToken)"/> continues or answers.</summary>
    public int[] Encode(string prompt) => model is IEncoderDecoder ? Tokenizer.EncodeSource(prompt)
        : Tokenizer.Encode(prompt) is { Length: > 0 } ids ? ids : [start ?? Tokenizer.EndOfText];

    /// <summary>Log-probabilities of given tokens.</summary>
    public Task<IReadOnlyList<TokenScore>> ScoreAsync(ScoringRequest request, CancellationToken cancellationToken = default)
    {
        if (model is not ICausalModel)
            throw new NotSupportedException($"a {model.GetType().Name} does not continue a text; scores need a decoder");
        if (request.Context.Count == 0 || request.Continuation.Count == 0)
            throw new ArgumentException(
                $"a context of {request.Context.Count} tokens and a continuation of {request.Continuation.Count} are to be scored; expected at least one of "
                + $"each", nameof(request));
        int[] ids = [.. request.Context, .. request.Continuation];
        CheckIds(ids);
        if (request.Watched is { } watched && (uint)watched >= (uint)model.Vocab)
            throw new ArgumentException($"token {watched} is watched, which is not in the model's vocabulary of {model.Vocab}", nameof(request));
        if (ids.Length > model.Context)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"the text takes {ids.Length:N0} tokens; the model's context is {model.Context:N0}"),
                nameof(request));
        CheckRoom(ids.Length - 1);
        return Score(new ScoringSequence(ids, request.Context.Count, request.Watched, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Scores many requests, which share batches and the computation of common prefixes. Reads ahead of its consumer by a bounded number of requests.
    /// </summary>
    /// <returns>The scores, in the order of the requests.</returns>
    public async IAsyncEnumerable<IReadOnlyList<TokenScore>> ScoreAsync(IEnumerable<ScoringRequest> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<Task<IReadOnlyList<TokenScore>>>();
        try
        {
            foreach (var request in requests)
            {
                ahead.Enqueue(ScoreAsync(request, ended.Token));
                if (ahead.Count == 4 * options.MostSequences)
                    yield return await ahead.Dequeue().ConfigureAwait(false);
            }
            while (ahead.TryDequeue(out var next))
                yield return await next.ConfigureAwait(false);
        }
        finally
        {
            if (ahead.Count > 0)
                await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Encodes a context and its continuation as one text after the start token, and splits the ids where the context's own ids end.</summary>
    /// <param name="context">The text before the continuation; empty: the beginning of a document.</param>
    /// <param name="continuation">The text to score; not empty.</param>
    public ScoringRequest EncodeScoring(string context, string continuation)
    {
        var before = Tokenizer.EncodePlain(context);
        var ids = Tokenizer.EncodePlain(context + continuation);
        var shared = before.AsSpan().CommonPrefixLength(ids);
        if (shared == ids.Length)
            throw new ArgumentException("the continuation has no token of its own; expected a text of at least one character", nameof(continuation));
        return new ScoringRequest([start ?? Tokenizer.EndOfText, .. ids[..shared]], ids[shared..]);
    }

    /// <summary>Discards the cached keys and values of finished sequences. Call it after the weights have changed.</summary>
    /// <exception cref="InvalidOperationException">A sequence is not finished.</exception>
    public void ForgetPrefixes()
    {
        loop.Wait();
        if (scheduler.Running + scheduler.Waiting > 0)
            throw new InvalidOperationException(
                $"{scheduler.Running + scheduler.Waiting} sequences are not finished: their keys and values belong to the old weights");
        scheduler.Forget();
    }

    /// <summary>Ends every sequence with an <see cref="OperationCanceledException"/>, and releases the cache.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
                return;
            isDisposed = true;
        }
        loop.Wait();
        Collect();
        scheduler.FailAll(new OperationCanceledException("the decoding engine was disposed of"));
        scheduler.Dispose();
    }

    /// <summary>Number of sequences submitted since the engine's creation.</summary>
    internal int Submitted => Volatile.Read(ref submitted);

    /// <summary>Submits a sequence to the scheduler.</summary>
    internal void Submit(EngineSequence sequence)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            arrived.Add(sequence);
            submitted++;
        }
        Wake();
    }

    /// <summary>Signals a change after which a step may have work to do.</summary>
    internal void Wake()
    {
        lock (gate)
        {
            isAwake = true;
            if (isRunning || isDisposed)
                return;
            isRunning = true;
            loop = Task.Run(Loop);
        }
    }

    void Loop()
    {
        while (true)
        {
            lock (gate)
                isAwake = false;
            Collect();
            bool went;
            try
            {
                lock (stepping)
                    went = scheduler.Step();
            }
            catch (Exception e)
            {
                scheduler.FailAll(e); // reaches every consumer
                went = false;
            }
            lock (gate)
            {
                if (!isDisposed && (went || isAwake))
                    continue;
                isRunning = false;
                return;
            }
        }
    }

    void Collect()
    {
        lock (gate)
        {
            foreach (var sequence in arrived)
                scheduler.Add(sequence);
            arrived.Clear();
        }
    }

    async Task<IReadOnlyList<TokenScore>> Score(ScoringSequence sequence, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static engine => ((DecodingEngine)engine!).Wake(), this);
        Submit(sequence);
        return await sequence.Scores.ConfigureAwait(false);
    }

    Generation Generate(int[] prompt, GenerationOptions? options, bool follows, CancellationToken cancellationToken)
    {
        options ??= new GenerationOptions();
        options.Check();
        if (prompt.Length == 0)
            throw new ArgumentException("the prompt has no token; expected at least one", nameof(prompt));
        if (prompt.Length > model.Context)
            throw new ArgumentException($"the prompt has {prompt.Length} tokens, more than the model's context of {model.Context}", nameof(prompt));
        CheckIds(prompt);
        CheckRoom(model is ICausalModel ? prompt.Length : 1);
        options.Sampler.Check();
        var vocab = tokenizer?.Vocab ?? model.Vocab;
        if (options.Constraint is { } constraint && constraint.Vocab != vocab)
            throw new ArgumentException($"GenerationOptions.Constraint is made for {constraint.Vocab} tokens; this model draws from {vocab}");
        if (tokenizer is { HasEndOfText: true })
            options = options with { StopTokens = [.. options.StopTokens, tokenizer.EndOfText] };
        var limits = new GenerationLimits(vocab, Context, this.options.UnreadTokens);
        return new Generation(this, prompt.Length, options.MaxTokens == 0 || options.Constraint is { MustEnd: true } ? null : Create, cancellationToken);

        GenerationSequence Create(CancellationToken stopping)
        {
            var text = tokenizer is null ? null : new TokenText(DecoderAfter(follows ? prompt : []), options.StopTexts);
            return model is IEncoderDecoder both
                ? new GenerationSequence([both.StartToken], prompt, options, text, limits, stopping)
                : new GenerationSequence([.. prompt], null, options, text, limits, stopping);
        }
    }

    StreamingDecoder DecoderAfter(int[] prompt)
    {
        var decoder = Tokenizer.CreateDecoder();
        if (model is ICausalModel && prompt.Length > 0)
            decoder.Follow(Array.FindAll(prompt, id => !Tokenizer.IsSpecial(id)));
        return decoder;
    }

    Tokenizer Tokenizer => tokenizer ?? throw new InvalidOperationException("this engine was made without a tokenizer: give ids, or make it with one");

    void CheckIds(int[] ids)
    {
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)pass.PromptVocab)
                throw new ArgumentException($"token {id} of the prompt is not in the model's vocabulary of {pass.PromptVocab}");
        }
    }

    void CheckRoom(int tokens)
    {
        if (tokens > CacheTokens)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"the prompt has {tokens:N0} tokens, whose keys and values take {Megabytes(tokens):N1} MB; the cache has room for {CacheTokens:N0} tokens "
                    + $"in {Megabytes(CacheTokens):N1} MB: ")
                + "raise EngineOptions.CacheTokens, or shorten the prompt");
        }
    }

    double Megabytes(long tokens) => tokens * (double)cache.BytesPerToken / (1 << 20);

    IDrafter? Drafter()
    {
        var vocab = tokenizer?.Vocab ?? model.Vocab;
        if (options.Draft is null)
            return options.DraftsByLookup && model is ICausalModel ? new LookupDrafter() : null;
        if (model is not ICausalModel)
            throw new ArgumentException(
                $"EngineOptions.Draft is set for a {model.GetType().Name}, which answers and does not continue a text; drafts are for decoders");
        if (options.Draft.Vocab < vocab || (tokenizer is null && options.Draft.Vocab != vocab))
            throw new ArgumentException(
                $"EngineOptions.Draft has a vocabulary of {options.Draft.Vocab} tokens, the model draws from {vocab}; expected a draft model with the same "
                + $"vocabulary");
        return new ModelDrafter(options.Draft, vocab);
    }

    static int DefaultCacheTokens(ICachedModel model, EngineOptions options)
    {
        const int Contexts = 4;
        using var sample = new KvCache(model, type: options.CacheType);
        var fits = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / sample.BytesPerToken;
        return (int)Math.Max(KvCache.BlockSize, Math.Min((long)Contexts * model.Context, fits) / KvCache.BlockSize * KvCache.BlockSize);
    }
}
