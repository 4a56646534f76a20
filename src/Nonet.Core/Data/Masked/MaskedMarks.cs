using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>The ids that masked data is made with.</summary>
/// <param name="Begin">[CLS], before a sequence.</param>
/// <param name="Separator">[SEP], behind each text.</param>
/// <param name="Mask">[MASK], in the place of a token that is to be predicted.</param>
/// <param name="Vocab">Ids run from 0 to Vocab - 1.</param>
public readonly record struct MaskedMarks(int Begin, int Separator, int Mask, int Vocab)
{
    static readonly (string Begin, string Separator, string Mask)[] names = [("[CLS]", "[SEP]", "[MASK]"), ("<s>", "</s>", "<mask>")];

    /// <summary>The marks of a tokenizer: [CLS], [SEP] and [MASK], or RoBERTa's &lt;s&gt;, &lt;/s&gt; and &lt;mask&gt;. Throws an <see cref="ArgumentException"/> where it has neither.</summary>
    public static MaskedMarks Of(Tokenizer tokenizer)
    {
        foreach (var (begin, separator, mask) in names)
        {
            if (tokenizer.IdOf(begin) is { } b && tokenizer.IdOf(separator) is { } s && tokenizer.IdOf(mask) is { } m)
                return new MaskedMarks(b, s, m, tokenizer.Vocab);
        }
        throw new ArgumentException($"the tokenizer ({tokenizer.Kind}) lacks the marks of masked data: {string.Join(", or ", names.Select(n => $"{n.Begin}, {n.Separator} and {n.Mask}"))} are needed", nameof(tokenizer));
    }

    /// <summary>
    /// Of each id whether it goes on with the word before it: in a WordPiece vocabulary the pieces that begin with ##; in others, where some begin with ▁ or Ġ, those that do not. Marks never do.
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
