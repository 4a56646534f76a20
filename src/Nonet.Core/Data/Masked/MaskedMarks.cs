using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>Special tokens of masked data.</summary>
/// <param name="Begin">[CLS], before a sequence.</param>
/// <param name="Separator">[SEP], after each text.</param>
/// <param name="Mask">[MASK], in place of a token to predict.</param>
/// <param name="Vocab">Number of ids.</param>
public readonly record struct MaskedMarks(int Begin, int Separator, int Mask, int Vocab)
{
    static readonly (string Begin, string Separator, string Mask)[] names = [("[CLS]", "[SEP]", "[MASK]"), ("<s>", "</s>", "<mask>")];

    /// <summary>
    /// The special tokens of a tokenizer: [CLS], [SEP] and [MASK], or RoBERTa's &lt;s&gt;, &lt;/s&gt; and &lt;mask&gt;. Throws an
    /// <see cref="ArgumentException"/> if it has neither set.
    /// </summary>
    public static MaskedMarks Of(Tokenizer tokenizer)
    {
        foreach (var (begin, separator, mask) in names)
        {
            if (tokenizer.IdOf(begin) is { } b && tokenizer.IdOf(separator) is { } s && tokenizer.IdOf(mask) is { } m)
                return new MaskedMarks(b, s, m, tokenizer.Vocab);
        }
        throw new ArgumentException(
            $"the tokenizer ({tokenizer.Kind}) lacks the special tokens of masked data; expected "
            + $"{string.Join(", or ", names.Select(n => $"{n.Begin}, {n.Separator} and {n.Mask}"))}", nameof(tokenizer));
    }

    /// <summary>
    /// For each id, whether it continues the preceding word. In a WordPiece vocabulary, pieces that begin with ## do. In vocabularies with
    /// pieces that begin with ▁ or Ġ, the other pieces do. Special tokens never do.
    /// </summary>
    public static bool[] WordParts(Tokenizer tokenizer)
    {
        var names = new string?[tokenizer.Vocab];
        for (var id = 0; id < names.Length; id++)
            names[id] = tokenizer.IsSpecial(id) ? null : tokenizer.TokenOf(id);
        if (names.Any(n => n is { Length: > 2 } && n.StartsWith("##", StringComparison.Ordinal)))
            return [.. names.Select(n => n is { Length: > 2 } && n.StartsWith("##", StringComparison.Ordinal))];
        var anyStart = names.Any(n => n is not null && IsStart(n));
        return [.. names.Select(n => n is not null && anyStart && !IsStart(n))];

        static bool IsStart(string name) => name[0] is '▁' or 'Ġ';
    }
}
