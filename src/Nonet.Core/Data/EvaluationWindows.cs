namespace Nonet.Data;

/// <summary>
/// Windows over the tokens of a file in order, without overlap, so that each token is a target exactly once. The last window may be
/// shorter. If <paramref name="startId"/> is given, the first token is predicted from it; otherwise the first token is not a target.
/// </summary>
/// <param name="tokens">The held-out text.</param>
/// <param name="context">Targets of a full window.</param>
/// <param name="startId">Id before the first token: the end token of a preceding document.</param>
public sealed class EvaluationWindows(TokenFile tokens, int context, int? startId = null)
{
    readonly int[] window = new int[context + 1];
    readonly int before = startId is null ? 0 : 1;

    /// <summary>Targets of a full window.</summary>
    public int Context { get; } = context >= 1 ? context : throw new ArgumentOutOfRangeException(nameof(context), $"{context}; expected at least 1");

    /// <summary>Targets of all windows together.</summary>
    public long Targets { get; } = tokens.Count + (startId is null ? 0 : 1) - 1 is > 0 and var targets ? targets
        : throw new ArgumentException($"{tokens.FilePath}: found {tokens.Count} tokens; expected at least 2 to evaluate on", nameof(tokens));

    /// <summary>Number of windows.</summary>
    public long Count => (Targets + Context - 1) / Context;

    /// <summary>Fills window <paramref name="index"/>. Both spans must have room for Context ids.</summary>
    /// <returns>Number of ids in the window: Context, or fewer in the last one.</returns>
    public int Fill(long index, Span<int> ids, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var first = index * Context; // includes the start id
        var length = (int)Math.Min(Context, Targets - first);
        var skip = first == 0 ? before : 0;
        if (skip == 1)
            window[0] = startId!.Value;
        tokens.Read(first + skip - before, window.AsSpan(skip, length + 1 - skip));
        window.AsSpan(0, length).CopyTo(ids);
        window.AsSpan(1, length).CopyTo(targets);
        return length;
    }
}
