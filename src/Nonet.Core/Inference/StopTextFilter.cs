using System.Text;

namespace Nonet.Inference;

/// <summary>
/// Lets text through up to the stop text in it that is complete first; of two that end together, the longer. The end of the text so far is held back for as
/// long as a stop text may begin there.
/// </summary>
sealed class StopTextFilter
{
    readonly string[] stops;
    readonly StringBuilder held = new();

    public StopTextFilter(IReadOnlyCollection<string> stops)
    {
        if (stops.Contains(""))
            throw new ArgumentException("a stop text is empty; expected at least one character");
        this.stops = [.. stops];
    }

    /// <summary>Whether a stop text was met: nothing after it is let through.</summary>
    public bool Found { get; private set; }

    /// <summary>What of the text may be shown now.</summary>
    public string Add(string text)
    {
        if (Found)
            return "";
        if (stops.Length == 0)
            return text;
        var all = held.Append(text).ToString();
        held.Clear();
        var (end, first) = stops.Select(stop => (Start: all.IndexOf(stop, StringComparison.Ordinal), stop.Length)).Where(found => found.Start >= 0)
            .Select(found => (found.Start + found.Length, found.Start)).DefaultIfEmpty((-1, -1)).Min();
        Found = end >= 0;
        if (Found)
            return all[..first];
        var safe = all.Length - stops.Max(stop => BegunAtEnd(all, stop));
        held.Append(all, safe, all.Length - safe);
        return all[..safe];
    }

    /// <summary>What is still held back, when no more text comes.</summary>
    public string Finish()
    {
        var rest = held.ToString();
        held.Clear();
        return rest;
    }

    /// <summary>Characters at the end of a text that are the beginning of a stop text: the most there are.</summary>
    internal static int BegunAtEnd(string text, string stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
