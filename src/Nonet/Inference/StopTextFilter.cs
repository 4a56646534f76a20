using System.Text;

namespace Nonet.Inference;

/// <summary>Lets text through up to the first stop text in it. The end of the text so far is held back for as long as a stop text may begin there.</summary>
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
        var first = stops.Select(stop => all.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        Found = first >= 0;
        if (Found)
            return all[..first];
        var safe = all.Length - stops.Max(stop => Begun(all, stop));
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
    static int Begun(string text, string stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
