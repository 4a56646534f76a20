namespace Nonet.Evaluation.Metrics;

/// <summary>ROUGE-L: F1 of the longest common subsequence of words. Words are runs of letters and digits in lower case. Lin 2004.</summary>
public static class RougeL
{
    /// <summary>The highest score of a text against any reference. 0 if either has no words.</summary>
    public static double Score(string text, IReadOnlyList<string> references)
    {
        var words = Words(text);
        return references.Count == 0 ? throw new ArgumentException("no reference; expected at least one", nameof(references))
            : references.Max(r => F1(words, Words(r)));
    }

    static double F1(string[] a, string[] b)
    {
        var shared = Shared(a, b);
        return shared == 0 ? 0 : 2.0 * shared / (a.Length + b.Length);
    }

    static int Shared(string[] a, string[] b)
    {
        var row = new int[b.Length + 1];
        foreach (var word in a)
        {
            var before = 0; // the element above and to the left
            for (var j = 1; j <= b.Length; j++)
                (before, row[j]) = (row[j], word == b[j - 1] ? before + 1 : Math.Max(row[j], row[j - 1]));
        }
        return row[^1];
    }

    static string[] Words(string text) =>
        string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
