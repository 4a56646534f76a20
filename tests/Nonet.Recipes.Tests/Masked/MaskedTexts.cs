using System.Globalization;
using Nonet.Tensors;

namespace Nonet.Recipes.Tests.Masked;

/// <summary>Files of short sentences.</summary>
static class MaskedTexts
{
    static readonly string[] words = ["the", "whale", "sea", "ship", "captain", "saw", "old", "white", "sailed", "night"];

    /// <summary>Sixteen files of 30 sentences; each goes through the words in order from one of them on, so that a word says which comes next.</summary>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        for (var file = 0; file < 16; file++)
        {
            var sentences = Enumerable.Range(0, 30).Select(i => Philox.Below(new RandomKey(5, 0, (uint)file), (ulong)i, words.Length))
                .Select(first => string.Join(' ', Enumerable.Range(first, 5).Select(w => words[w % words.Length])) + ".");
            File.WriteAllLines(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{file}.txt")), sentences);
        }
    }
}
