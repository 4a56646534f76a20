namespace Nonet.Data;

/// <summary>
/// The tokens of a file in order, each a target exactly once, in windows that do not overlap; the last may be shorter. The very first token is predicted from
/// <paramref name="startId"/> where one is given, else it is only read.
/// </summary>
/// <param name="tokens">The held-out text.</param>
/// <param name="context">Targets in a full window.</param>
/// <param name="startId">Stands before the first token: the end mark of a document before it.</param>
public sealed class EvaluationWindows(TokenFile tokens, int context, int? startId = null)
{
    readonly int[] window = new int[context + 1];
    readonly int before = startId is null ? 0 : 1;

    public int Context { get; } = context >= 1 ? context : throw new ArgumentOutOfRangeException(nameof(context), $"{context}: at least 1 is needed");

    /// <summary>Targets of all windows together.</summary>
    public long Targets { get; } = tokens.Count + (startId is null ? 0 : 1) - 1 is > 0 and var targets ? targets
        : throw new ArgumentException($"{tokens.FilePath}: found {tokens.Count} tokens; expected at least 2 to evaluate on", nameof(tokens));

    public long Count => (Targets + Context - 1) / Context;

    /// <summary>Fills window <paramref name="index"/>; both spans have room for Context ids.</summary>
    /// <returns>Ids in it: Context, or fewer in the last.</returns>
    public int Fill(long index, Span<int> ids, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var first = index * Context; // counted with the start id
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
