using System.Globalization;
using Nonet.Inference.Chat;
using Nonet.Text;
using Nonet.Text.Chat;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse;

/// <summary>
/// Runs tools within limits: a call ends within its time limit, with one short line of text or with an outcome that says why there is none, even if the tool
/// hangs or throws. Calls are thread-safe. Tools run in this process, so a tool that ends the process or exhausts its memory is not contained.
/// </summary>
public sealed class ToolRunner
{
    readonly Dictionary<string, Running> tools = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<(string Tool, string Input), ToolResult> cache = [];
    readonly ToolLimits limits;
    readonly Func<string, string> removeMarks;
    readonly Lock gate = new();
    long unknown;

    /// <param name="tools">The tools. Their names must differ in more than case.</param>
    /// <param name="limits">Limits of each call; null: the defaults.</param>
    /// <param name="marks">The marks of a call in a text. They are removed from results. Null: the paper's.</param>
    public ToolRunner(IEnumerable<ITool> tools, ToolLimits? limits = null, CallMarks? marks = null) : this(tools, limits, marks, null)
    {
    }

    ToolRunner(IEnumerable<ITool> tools, ToolLimits? limits, CallMarks? marks, Func<string, string>? removeMarks)
    {
        (this.limits, Marks) = (limits ?? new ToolLimits(), marks ?? CallMarks.Default);
        this.removeMarks = removeMarks ?? Marks.Remove;
        this.limits.Check();
        Marks.Check();
        foreach (var tool in tools)
        {
            if (!ToolCall.IsName(tool.Name))
                throw new ArgumentException(
                    $"a tool is named '{tool.Name}'; expected a letter, then letters, digits, '_' or '-', at most {ToolCall.LongestName} characters");
            if (this.tools.TryGetValue(tool.Name, out var other))
                throw new ArgumentException(
                    $"two tools are named '{other.Tool.Name}' ({other.Tool}) and '{tool.Name}' ({tool}); expected names that differ in more than case");
            this.tools.Add(tool.Name, new Running(tool));
        }
    }

    /// <summary>
    /// Creates a runner for function calling, where calls are not part of the text. Results keep their brackets, but the tokenizer's special tokens are
    /// removed, because they could end the turn.
    /// </summary>
    /// <param name="tools">The tools. Their names must differ in more than case.</param>
    /// <param name="tokenizer">The model's tokenizer; null if the results go to a model outside of this process.</param>
    /// <param name="limits">Limits of each call; null: the defaults.</param>
    public static ToolRunner ForFunctionCalls(IEnumerable<ITool> tools, Tokenizer? tokenizer = null, ToolLimits? limits = null)
    {
        string[] special = tokenizer is null ? []
            : [.. Enumerable.Range(0, tokenizer.Vocab).Where(tokenizer.IsSpecial).Select(id => tokenizer.TokenOf(id)!).Where(t => t.Length > 0)
                .OrderByDescending(t => t.Length)];
        return new ToolRunner(tools, limits, null, text => special.Aggregate(text, (clean, mark) => clean.Replace(mark, " ", StringComparison.Ordinal)));
    }

    /// <summary>The marks of a call in a text.</summary>
    public CallMarks Marks { get; }

    /// <summary>Names of the tools.</summary>
    public IReadOnlyCollection<string> Names => [.. tools.Values.Select(t => t.Tool.Name)];

    /// <summary>The tools in the form that chat templates take.</summary>
    public IReadOnlyList<ChatTool> Functions =>
        [.. tools.Values.Select(t => new ChatTool(t.Tool.Name, t.Tool.Description, t.Tool.Parameters))];

    /// <summary>The tools for a conversation with function calling.</summary>
    public ConversationTools ForConversation() => new(Functions, async (call, token) =>
    {
        var result = await RunAsync(call, token).ConfigureAwait(false);
        return new CallResult(result.Told, result.Outcome == ToolOutcome.Answered ? null : result.Error ?? "no result");
    });

    /// <summary>Number of calls of tools that do not exist.</summary>
    public long UnknownCalls => Interlocked.Read(ref unknown);

    /// <summary>Whether a tool has this name, ignoring case.</summary>
    public bool Has(string name) => tools.ContainsKey(name);

    /// <summary>Counts of the calls so far, by tool.</summary>
    public IReadOnlyDictionary<string, ToolCounts> Counts
    {
        get
        {
            lock (gate)
                return tools.Values.ToDictionary(t => t.Tool.Name, t => t.Counts, StringComparer.OrdinalIgnoreCase);
        }
    }

    /// <summary>Runs a call that a model wrote by function calling.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>; nothing else throws.</param>
    public Task<ToolResult> RunAsync(ChatToolCall call, CancellationToken cancellationToken = default) =>
        RunAsync(new ToolCall(call.Name, tools.TryGetValue(call.Name, out var running) ? ToolParameters.InputOf(running.Tool.Parameters, call.Arguments) : ""),
            cancellationToken);

    /// <summary>Runs a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>; nothing else throws.</param>
    public async Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!tools.TryGetValue(call.Tool, out var running))
        {
            Interlocked.Increment(ref unknown);
            return new ToolResult(ToolOutcome.Unknown, "", $"there is no tool '{call.Tool}'; expected one of {string.Join(", ", Names)}");
        }
        var result = Kept(running, call.Input) ?? await Run(running, call.Input, cancellationToken).ConfigureAwait(false);
        lock (gate)
            running.Counts = running.Counts.With(result);
        return result;
    }

    ToolResult? Kept(Running running, string input)
    {
        lock (gate)
            return running.Tool.IsRepeatable && cache.TryGetValue((running.Tool.Name, input), out var kept) ? kept with { IsCached = true } : null;
    }

    async Task<ToolResult> Run(Running running, string input, CancellationToken cancellationToken)
    {
        if (input.Length > limits.InputCharacters)
            return Refused(string.Create(CultureInfo.InvariantCulture,
                $"the input has {input.Length:N0} characters; expected at most {limits.InputCharacters:N0}"));
        lock (gate)
        {
            if (running.Hanging >= limits.HangingCalls)
                return Refused($"{running.Hanging} earlier calls hang beyond the time limit of {limits.Timeout.TotalSeconds:0.##} s");
        }
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(limits.Timeout);
        var token = limit.Token;
        // on a thread-pool thread, because a tool may block before its first await
        var work = Task.Run(() => running.Tool.RunAsync(input, token), CancellationToken.None);
        try
        {
            var made = Made(await work.WaitAsync(token).ConfigureAwait(false));
            Keep(running, input, made);
            return made;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return new ToolResult(ToolOutcome.TimedOut, "", $"no result within {limits.Timeout.TotalSeconds:0.##} s");
        }
        catch (Exception e) // a tool may throw anything; it is counted and reported
        {
            return new ToolResult(ToolOutcome.Failed, "", $"{e.GetType().Name}: {ResultText.Clean(e.Message, removeMarks, limits.ResultCharacters).Text}");
        }
        finally
        {
            if (work.IsCompleted)
                limit.Dispose();
            else
                Abandon(running, work, limit);
        }
    }

    /// <summary>Counts a call that runs beyond its time limit as hanging, until it ends.</summary>
    void Abandon(Running running, Task work, CancellationTokenSource limit)
    {
        lock (gate)
            running.Hanging++;
        _ = work.ContinueWith(ended =>
        {
            _ = ended.Exception; // observed: the call was reported as timed out
            limit.Dispose();
            lock (gate)
                running.Hanging--;
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    ToolResult Made(string? text)
    {
        if (text is null)
            return new ToolResult(ToolOutcome.Nothing, "", null);
        var (clean, isCut, isCleaned) = ResultText.Clean(text, removeMarks, limits.ResultCharacters);
        return new ToolResult(clean.Length == 0 ? ToolOutcome.Nothing : ToolOutcome.Answered, clean, null) { IsCut = isCut, IsCleaned = isCleaned };
    }

    void Keep(Running running, string input, ToolResult result)
    {
        if (limits.CachedResults == 0 || !running.Tool.IsRepeatable)
            return;
        lock (gate)
        {
            if (cache.Count >= limits.CachedResults)
                cache.Clear(); // only bounds the memory: calls repeat within a text far more often than across texts
            cache[(running.Tool.Name, input)] = result;
        }
    }

    static ToolResult Refused(string why) => new(ToolOutcome.Refused, "", why);

    sealed class Running(ITool tool)
    {
        public ITool Tool => tool;
        public ToolCounts Counts { get; set; } = new();
        public int Hanging { get; set; }
    }
}
