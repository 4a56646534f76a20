using System.Text;

namespace Nonet.ToolUse.Indexing;

/// <summary>Cuts a document into passages: a paragraph each, and a long one at ends of sentences where these are near the limit.</summary>
static class PassageSplitter
{
    /// <summary>Longest word, in characters: a longer one is cut, so that text without blanks has passages, too.</summary>
    const int LongestWord = 200;

    /// <param name="title">Title of the document, on one line.</param>
    /// <param name="text">The document; empty lines part its paragraphs.</param>
    /// <param name="words">Most words of a passage.</param>
    public static IEnumerable<Passage> Split(string title, string text, int words)
    {
        title = string.Join(' ', title.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var (passage, count, lineEnds) = (new StringBuilder(), 0, 0);
        for (var at = 0; at <= text.Length;)
        {
            var isEnd = at == text.Length;
            if (!isEnd && char.IsWhiteSpace(text[at]))
            {
                lineEnds += text[at] == '\n' ? 1 : 0;
                at++;
                continue;
            }
            var isFull = count >= words || (count * 3 >= words * 2 && passage[^1] is '.' or '!' or '?' or '。');
            if (count > 0 && (isEnd || lineEnds > 1 || isFull))
            {
                yield return new Passage(title, passage.ToString());
                passage.Clear();
                count = 0;
            }
            if (isEnd)
                yield break;
            var end = at + 1;
            while (end < text.Length && !char.IsWhiteSpace(text[end]) && (end - at < LongestWord || char.IsLowSurrogate(text[end])))
                end++;
            if (count++ > 0)
                passage.Append(' ');
            passage.Append(text, at, end - at);
            (at, lineEnds) = (end, 0);
        }
    }
}
