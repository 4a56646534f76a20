using System.Text;
using CsCheck;

namespace Nonet.Tests.Text;

/// <summary>
/// Strings that tell tokenizers apart: any characters, text with the marks of vocabularies, and lines of a novel with accents and odd spaces.
/// </summary>
static class RandomStrings
{
    static readonly string[] words =
    [
        "<mask>", "<s>", "</s>", "[MASK]", "<|im_start|>", "<|im|>", "holmes", " Watson", "WATSON", "  ", "Ab C", "ab c", "é", "e\u0301", "ﬁ", "Å", "가", "각",
        "\u0130", "ſ", "ß", "中文", "ひらカー", "don't", "I'LL", "x²",
        "\u200B", "\u00A0", "▁", "\t", "\r\n", "👩‍👩‍👧", "١٢٣", "Ω", "\u0344", "<0x0A>", "\u1100\u1161\u11A8", "\u0327\u0301", "the ", "ing", "##s",
    ];

    static readonly string[] lines = [.. File.ReadLines(Path.Combine(Repository.Folder, "data", "sherlock_holmes.txt")).Where(l => l.Length > 0)];

    public static List<string> Make(int count)
    {
        var strings = new List<string>();
        Gen.OneOf(
            Gen.String,
            Gen.Char[" \t\n\r'stdmSLle09é中½aB!?.-/"].Array[0, 40].Select(c => new string(c)),
            Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(r => new Rune(r).ToString()).Array[0, 20].Select(string.Concat),
            Gen.Int[0, 0x2FFF].Where(Rune.IsValid).Select(r => new Rune(r).ToString()).Array[0, 20].Select(string.Concat),
            Gen.Int[0, words.Length - 1].Select(i => words[i]).Array[0, 12].Select(string.Concat),
            Gen.Int[0, lines.Length - 1].Select(i => lines[i]),
            Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, words.Length - 1].Select(i => words[i]), Gen.Int[0, 60], (i, w, at) =>
                lines[i].Insert(Math.Min(at, lines[i].Length), w)))
            .Where(s => !s.EnumerateRunes().Any(r => r.Value == 0xFFFD)) // half of a pair is no text
            .Sample(strings.Add, iter: count, threads: 1, seed: "0000KOIPeNQ3");
        return strings;
    }
}
