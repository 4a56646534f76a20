using System.Text;

namespace Nonet.Data;

/// <summary>Words in a row, by which texts are found in other texts: in lower case and without punctuation. Brown et al. 2020, appendix C.</summary>
static class WordGrams
{
    /// <summary>Letters and digits in lower case; blanks and hyphens part words.</summary>
    public static string[] Words(string text)
    {
        var bare = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
                bare.Append(char.ToLowerInvariant(c));
            else if (char.IsWhiteSpace(c) || c == '-')
                bare.Append(' ');
        }
        return bare.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A hash of 64 bits of every n words in a row, and where they begin: FNV-1a of each word, combined by a polynomial that rolls.</summary>
    public static IEnumerable<(ulong Hash, int Start)> Of(string[] words, int length)
    {
        const ulong Base = 0x9E3779B97F4A7C15;
        var power = 1UL; // Base^(length - 1)
        for (var i = 1; i < length; i++)
            power *= Base;
        var hash = 0UL;
        for (var i = 0; i < words.Length; i++)
        {
            if (i >= length)
                hash -= HashOf(words[i - length]) * power;
            hash = hash * Base + HashOf(words[i]);
            if (i >= length - 1)
                yield return (hash, i - length + 1);
        }
    }

    static ulong HashOf(string word)
    {
        var h = 14695981039346656037UL;
        foreach (var c in word)
            h = (h ^ c) * 1099511628211UL;
        return h;
    }
}
