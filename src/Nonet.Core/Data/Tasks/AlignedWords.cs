using Nonet.Text;

namespace Nonet.Data.Tasks;

/// <summary>Words as tokens. The first token of each word represents it.</summary>
/// <param name="Ids">Tokens, without special tokens.</param>
/// <param name="Labels">For each token, the class of its word if it is the word's first token, otherwise -1: no prediction.</param>
/// <param name="Rows">For each word, the index of its first token; -1 if the tokenizer drops the word.</param>
public sealed record AlignedWords(int[] Ids, int[] Labels, int[] Rows)
{
    /// <summary>Encodes words, separated by spaces.</summary>
    /// <param name="tokenizer">A tokenizer that reports the position of each token in the text.</param>
    /// <param name="words">At least one word.</param>
    /// <param name="classes">Class of each word; null: all tokens have label -1.</param>
    public static AlignedWords Of(Tokenizer tokenizer, IReadOnlyList<string> words, IReadOnlyList<int>? classes = null)
    {
        if (classes is not null && classes.Count != words.Count)
            throw new ArgumentException($"{classes.Count} classes for {words.Count} words", nameof(classes));
        var text = string.Join(' ', words);
        var tokens = tokenizer.EncodeFull(text, null, new EncodeOptions { Marks = false }).Tokens;
        var rows = new int[words.Count];
        Array.Fill(rows, -1);
        var labels = new int[tokens.Count];
        Array.Fill(labels, -1);
        var (word, end) = (0, words.Count > 0 ? words[0].Length : 0); // the word that a place falls in ends before end
        for (var t = 0; t < tokens.Count; t++)
        {
            var start = tokens[t].Start;
            while (start < tokens[t].End && char.IsWhiteSpace(text[start]))
                start++;
            if (start == tokens[t].End)
                continue;
            while (start >= end && word + 1 < words.Count)
                end += 1 + words[++word].Length;
            if (rows[word] >= 0)
                continue;
            rows[word] = t;
            labels[t] = classes?[word] ?? -1;
        }
        return new AlignedWords([.. tokens.Select(t => t.Id)], labels, rows);
    }
}
