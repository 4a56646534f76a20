using System.Globalization;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse;

/// <summary>
/// Runs tools and contains them: whatever a tool does, a call ends within its time limit with one short line of text, or with an outcome that says why there
/// is none. Any number of calls may run at once. Tools run in this process, so a tool that ends the process or exhausts its memory is not contained.
/// </summary>
public sealed class ToolRunner
{
    readonly Dictionary<string, Running> tools = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<(string Tool, string Input), ToolResult> cache = [];
    readonly ToolLimits limits;
    readonly Lock gate = new();
    long unknown;

    /// <param name="tools">The tools. Their names must differ in more than case.</param>
    /// <param name="limits">What each call is allowed; null: the defaults.</param>
    /// <param name="marks">What a call looks like in a text, which no result may contain; null: the paper's.</param>
    public ToolRunner(IEnumerable<ITool> tools, ToolLimits? limits = null, CallMarks? marks = null)
    {
        (this.limits, Marks) = (limits ?? new ToolLimits(), marks ?? CallMarks.Default);
        this.limits.Check();
        Marks.Check();
        foreach (var tool in tools)
        {
            if (!ToolCall.IsName(tool.Name))
                throw new ArgumentException(
                    $"a tool is named '{tool.Name}'; expected a letter, then letters, digits, '_' or '-', at most {ToolCall.LongestName} characters");
            if (this.tools.TryGetValue(tool.Name, out var other))
                throw new ArgumentException($"two tools are named '{other.Tool.Name}' and '{tool.Name}'; expected names that differ in more than case");
            this.tools.Add(tool.Name, new Running(tool));
        }
    }

    /// <summary>What a call looks like in a text.</summary>
    public CallMarks Marks { get; }

    /// <summary>Names of the tools.</summary>
    public IReadOnlyCollection<string> Names => [.. tools.Values.Select(t => t.Tool.Name)];

    /// <summary>Calls of tools that do not exist.</summary>
    public long UnknownCalls => Interlocked.Read(ref unknown);

    /// <summary>Whether a tool has this name, in any case.</summary>
    public bool Has(string name) => tools.ContainsKey(name);

    /// <summary>What the calls came to so far, by tool.</summary>
    public IReadOnlyDictionary<string, ToolCounts> Counts
    {
        get
        {
            lock (gate)
                return tools.Values.ToDictionary(t => t.Tool.Name, t => t.Counts, StringComparer.OrdinalIgnoreCase);
        }
    }

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
        // on a thread of the pool, since a tool may block before its first await
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
        catch (Exception e) // whatever a tool throws is its own affair: it is counted and reported
        {
            return new ToolResult(ToolOutcome.Failed, "", $"{e.GetType().Name}: {ResultText.Clean(e.Message, Marks, limits.ResultCharacters).Text}");
        }
        finally
        {
            if (work.IsCompleted)
                limit.Dispose();
            else
                Abandon(running, work, limit);
        }
    }

    /// <summary>Counts a call that nobody waits for any more, until it ends.</summary>
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
        var (clean, isCut, isCleaned) = ResultText.Clean(text, Marks, limits.ResultCharacters);
        return new ToolResult(clean.Length == 0 ? ToolOutcome.Nothing : ToolOutcome.Answered, clean, null) { IsCut = isCut, IsCleaned = isCleaned };
    }

    void Keep(Running running, string input, ToolResult result)
    {
        if (limits.CachedResults == 0 || !running.Tool.IsRepeatable)
            return;
        lock (gate)
        {
            if (cache.Count >= limits.CachedResults)
                cache.Clear(); // a bound, not a policy: calls repeat within a text far more than across texts
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
