using System.Text;

namespace Nonet.ToolUse.Indexing;

/// <summary>Splits a document into passages, one per paragraph. A long paragraph is split at the ends of sentences if they are near the limit.</summary>
static class PassageSplitter
{
    /// <summary>Maximum length of a word, in characters. A longer word is split, so that text without spaces has passages, too.</summary>
    const int LongestWord = 200;

    /// <param name="title">Title of the document, on one line.</param>
    /// <param name="text">The document; empty lines separate its paragraphs.</param>
    /// <param name="words">Maximum number of words in a passage.</param>
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
