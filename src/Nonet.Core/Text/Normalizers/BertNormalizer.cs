using System.Text;
using Nonet.Files;
using Nonet.Text.Unicode;

namespace Nonet.Text.Normalizers;

/// <summary>
/// BERT's normalizer: control characters are removed, white space becomes a space, Chinese characters are separated, and accents and case
/// are removed if the settings say so.
/// </summary>
sealed class BertNormalizer : Normalizer
{
    readonly bool clean, chinese, stripAccents, lower;

    public BertNormalizer(JsonFields json)
    {
        (clean, chinese, lower) = (json.Flag("clean_text", true), json.Flag("handle_chinese_chars", true), json.Flag("lowercase", true));
        stripAccents = json.Flag("strip_accents", lower);
    }

    public override bool IsLocal => true;

    public override void Apply(AlignedText text)
    {
        var ascii = NormalForm.IsPlain(text.Text);
        if (clean && !(ascii && !text.Text.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            text.Filter(r => !UnicodeTables.BertControl.Contains(r.Value));
            text.Map(r => Rune.IsWhiteSpace(r) ? new Rune(' ') : r);
        }
        if (chinese && !ascii)
            SetApart(text);
        if (stripAccents && !ascii)
        {
            text.Change(NormalForm.Of(text.Text, compatible: false, compose: false));
            text.Filter(r => !UnicodeTables.BertMark.Contains(r.Value));
        }
        if (lower)
            text.Lower();
    }

    static void SetApart(AlignedText text)
    {
        var changes = new List<Change>(text.Text.Length);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            if (IsChinese(rune.Value))
                changes.AddRange([new Change(new Rune(' '), 0), new Change(rune, 1), new Change(new Rune(' '), 1)]);
            else
                changes.Add(new Change(rune, 0));
        }
        text.Change(changes);
    }

    /// <summary>The blocks of BERT's tokenization.py, including its mistake: a range begins at 2B920, not 2B820. tokenizers has the same mistake.</summary>
    static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
