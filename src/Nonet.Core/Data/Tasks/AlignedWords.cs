using Nonet.Text;

namespace Nonet.Data.Tasks;

/// <summary>Words as tokens; the first token of each word stands for it.</summary>
/// <param name="Ids">Tokens without marks.</param>
/// <param name="Labels">Of each token the class of its word where it is the word's first, else -1: not to be predicted.</param>
/// <param name="Rows">Of each word its first token; -1 if it has none, as the tokenizer drops it.</param>
public sealed record AlignedWords(int[] Ids, int[] Labels, int[] Rows)
{
    /// <summary>Encodes words parted by spaces.</summary>
    /// <param name="tokenizer">One whose tokens know their places in the text.</param>
    /// <param name="words">At least one.</param>
    /// <param name="classes">As many; null: all tokens have label -1.</param>
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
