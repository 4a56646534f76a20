using System.Text;

namespace Nonet.Data;

/// <summary>
/// Sequences of words by which texts are found in other texts. Words are in lower case and without punctuation. Brown et al. 2020, appendix C.
/// </summary>
static class WordGrams
{
    /// <summary>Words of letters and digits in lower case. Blanks and hyphens separate words.</summary>
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

    /// <summary>
    /// A 64-bit hash of every n consecutive words, and the index of the first of them: FNV-1a of each word, combined by a rolling polynomial.
    /// </summary>
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
