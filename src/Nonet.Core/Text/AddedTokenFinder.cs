using System.Buffers;
using System.Text;
using Nonet.Text.Segmentation;
using Nonet.Text.Unicode;

namespace Nonet.Text;

/// <summary>Finds added tokens in a text: the leftmost first, and the longest of those that begin at one place.</summary>
sealed class AddedTokenFinder
{
    readonly PieceTrie trie = new();
    readonly SearchValues<char> first;
    readonly AddedToken[] tokens;
    readonly string file;

    /// <param name="tokens">Tokens with the text to search, which normalisation may have changed.</param>
    /// <param name="file">File name for error messages.</param>
    public AddedTokenFinder(IReadOnlyList<(string Text, AddedToken Token)> tokens, string file)
    {
        this.file = file;
        this.tokens = [.. tokens.Select(t => t.Token)];
        first = SearchValues.Create([.. tokens.Where(t => t.Text.Length > 0).Select(t => t.Text[0]).Distinct()]);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Text.Length > 0)
                trie.Add(tokens[i].Text, i);
        }
    }

    public bool IsEmpty => tokens.Length == 0;

    /// <summary>The parts of a text from left to right: found tokens with their id, and the text between them with id -1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="special">Whether special tokens are found.</param>
    public List<(int Start, int End, int Id)> Find(string text, bool special)
    {
        var (parts, done, at) = (new List<(int, int, int)>(), 0, 0);
        var steps = new SearchSteps(file, text.Length);
        while (at < text.Length && text.AsSpan(at).IndexOfAny(first) is >= 0 and var skip)
        {
            at += skip;
            var index = trie.Longest(text.AsSpan(at), out var length, out var walked);
            steps.Take(walked);
            if (index < 0)
            {
                at++;
                continue;
            }
            var (start, end, token) = (at, at + length, tokens[index]);
            at = end;
            if ((token.Special && !special) || (token.SingleWord && !IsAlone(text, start, end)))
                continue;
            while (token.LeftStrip && start > done && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            steps.Take(end - start);
            if (start > done)
                parts.Add((done, start, -1));
            parts.Add((start, end, token.Id)); // stripped text may be found again
            done = end;
        }
        if (done < text.Length)
            parts.Add((done, text.Length, -1));
        return parts;
    }

    static bool IsAlone(string text, int start, int end)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _);
        Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _);
        return (start == 0 || !UnicodeTables.Word.Contains(before.Value)) && (end == text.Length || !UnicodeTables.Word.Contains(after.Value));
    }
}
