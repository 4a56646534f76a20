using System.Text;

namespace Nonet.Inference;

/// <summary>
/// Passes text through until the first stop text is complete. If two end at the same character, the longer one wins. The end of the text is held back as long
/// as it may be the beginning of a stop text.
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

    /// <summary>Whether a stop text was found. No text after it is passed through.</summary>
    public bool Found { get; private set; }

    /// <summary>Adds text, and returns the text that can be shown now.</summary>
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

    /// <summary>Ends the text, and returns the part that was held back.</summary>
    public string Finish()
    {
        var rest = held.ToString();
        held.Clear();
        return rest;
    }

    /// <summary>Length of the longest end of a text that is the beginning of a stop text.</summary>
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
