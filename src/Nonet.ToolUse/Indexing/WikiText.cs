using System.Buffers;
using System.Net;
using System.Text;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// Extracts the prose from wikitext: drops templates, tables, references, files, categories, headings and quotation marks for italics, and replaces links by
/// the text that they show. A mark that never closes is dropped. The time is linear for any text.
/// </summary>
sealed class WikiText
{
    /// <summary>Tags whose content is not prose.</summary>
    static readonly string[] dropped = ["ref", "math", "gallery", "timeline", "syntaxhighlight", "source", "code", "score", "chem", "pre", "imagemap"];

    static readonly SearchValues<char> letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    readonly string text;
    readonly Dictionary<int, int> ends;
    readonly Dictionary<string, int> found = [];
    readonly StringBuilder plain;

    WikiText(string text) => (this.text, ends, plain) = (text, Ends(text), new StringBuilder(text.Length));

    public static string Plain(string text)
    {
        var wiki = new WikiText(text);
        for (var at = 0; at < text.Length;)
            at = wiki.Next(at);
        return Tidy(WebUtility.HtmlDecode(wiki.plain.ToString()));
    }

    /// <summary>
    /// The end of each element that begins with {{, {| or [[, by its beginning. An element that never closes is missing. Each kind has its own stack.
    /// </summary>
    static Dictionary<int, int> Ends(string text)
    {
        var ends = new Dictionary<int, int>();
        Stack<int> templates = [], tables = [], links = [];
        for (var i = 0; i + 1 < text.Length;)
        {
            var (open, close) = (text[i], text[i + 1]) switch
            {
                ('{', '{') => (templates, null),
                ('{', '|') => (tables, null),
                ('[', '[') => (links, null),
                ('}', '}') => (null, templates),
                (']', ']') => (null, links),
                // {{a|}} ends a template, not a table around it
                ('|', '}') when tables.Count > 0 && !(i + 2 < text.Length && text[i + 2] == '}' && templates.Count > 0 && templates.Peek() > tables.Peek())
                    => (null, tables),
                _ => ((Stack<int>?)null, (Stack<int>?)null),
            };
            open?.Push(i);
            if (close?.TryPop(out var start) == true)
                ends[start] = i + 2;
            i += open is null && close is null ? 1 : 2;
        }
        return ends;
    }

    /// <summary>Reads the element at an index, and returns the index after it.</summary>
    int Next(int at)
    {
        var rest = text.AsSpan(at);
        if (rest.StartsWith("{{") || rest.StartsWith("{|"))
            return ends.GetValueOrDefault(at, at + 2);
        if (rest.StartsWith("<!--"))
            return Find("-->", at) is { } end ? end + 3 : at + 4;
        if (rest.StartsWith("[["))
        {
            if (!ends.TryGetValue(at, out var linkEnd))
                return at + 2;
            AddLink(rest[2..(linkEnd - 2 - at)]);
            return linkEnd;
        }
        if (rest[0] == '<')
            return Tag(at);
        if (rest.StartsWith("[http://") || rest.StartsWith("[https://") || rest.StartsWith("[//"))
            return ExternalLink(at);
        if (rest.StartsWith("''"))
            return rest.IndexOfAnyExcept('\'') is > 0 and var quotes ? at + quotes : text.Length;
        if (rest.StartsWith("__") && rest[2..Math.Min(rest.Length, 32)].IndexOf("__") is > 0 and var magic
            && rest.Slice(2, magic).IndexOfAnyExceptInRange('A', 'Z') < 0)
            return at + magic + 4;
        plain.Append(rest[0]);
        return at + 1;
    }

    /// <summary>
    /// Index of the next occurrence of a mark, in upper or lower case; null if there is none. The last index found is kept, so no character is searched twice.
    /// </summary>
    int? Find(string mark, int at)
    {
        if (!found.TryGetValue(mark, out var place) || place < at)
        {
            place = text.IndexOf(mark, at, StringComparison.OrdinalIgnoreCase);
            found[mark] = place = place < 0 ? int.MaxValue : place;
        }
        return place == int.MaxValue ? null : place;
    }

    /// <summary>[[target]], [[target|shown]]; links with a namespace, such as File: and Category:, show nothing.</summary>
    void AddLink(ReadOnlySpan<char> inside)
    {
        var bar = inside.IndexOf('|');
        var target = bar < 0 ? inside : inside[..bar];
        var colon = target.IndexOf(':');
        var isProse = colon < 0 || (colon > 0 && colon + 1 < target.Length && target[colon + 1] == ' '); // "Mission: Impossible" is an article
        if (isProse)
            plain.Append(inside[(inside.LastIndexOf('|') + 1)..]);
    }

    /// <summary>[address shown].</summary>
    int ExternalLink(int at)
    {
        var link = text.AsSpan(at, Math.Min(text.Length - at, 2000));
        var end = link.IndexOfAny(']', '\n');
        if (end < 0 || link[end] == '\n')
        {
            plain.Append('[');
            return at + 1;
        }
        if (link[..end].IndexOf(' ') is > 0 and var blank)
            plain.Append(link[(blank + 1)..end]);
        return at + end + 1;
    }

    int Tag(int at)
    {
        var tag = text.AsSpan(at, Math.Min(text.Length - at, 1000));
        var end = tag.IndexOf('>');
        if (end < 2 || !(char.IsAsciiLetter(tag[1]) || tag[1] == '/'))
        {
            plain.Append('<');
            return at + 1;
        }
        var inside = tag[1..end];
        var nameEnd = inside.IndexOfAnyExcept(letters);
        var name = nameEnd < 0 ? inside : inside[..nameEnd];
        if (inside[^1] == '/')
            return at + end + 1;
        foreach (var candidate in dropped)
        {
            if (name.Equals(candidate, StringComparison.OrdinalIgnoreCase))
                return Find($"</{candidate}", at + end) is { } close && Find(">", close) is { } after ? after + 1 : at + end + 1;
        }
        if (name.Equals("br", StringComparison.OrdinalIgnoreCase))
            plain.Append('\n');
        return at + end + 1;
    }

    /// <summary>Removes headings, and the marks of lists, indents and rules.</summary>
    static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.Trim();
            if (trimmed.StartsWith("=") && trimmed.EndsWith("="))
            {
                tidy.Append('\n'); // a section begins a paragraph
                continue;
            }
            trimmed = trimmed.TrimStart("*#:;").TrimStart();
            if (!trimmed.StartsWith("----"))
                tidy.Append(trimmed);
            tidy.Append('\n');
        }
        return tidy.ToString().Trim();
    }
}
