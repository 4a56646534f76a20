using Nonet.Tensors;

namespace Nonet.Recipes.Tests.Translation;

/// <summary>Sentences of three to five words and their translations, word by word.</summary>
static class PairFiles
{
    static readonly string[] words = ["sea", "old", "man", "ship"], others = ["mer", "vieux", "homme", "nef"];

    /// <summary>Writes source.txt and target.txt.</summary>
    public static void Write(string folder, int lines)
    {
        Directory.CreateDirectory(folder);
        var numbers = Enumerable.Range(0, lines)
            .Select(line => Enumerable.Range(0, 3 + line % 3).Select(w => Philox.Below(new RandomKey(3, 0, (uint)line), (ulong)w, words.Length)).ToArray())
            .ToArray();
        File.WriteAllLines(Path.Combine(folder, "source.txt"), numbers.Select(line => string.Join(' ', line.Select(n => words[n]))));
        File.WriteAllLines(Path.Combine(folder, "target.txt"), numbers.Select(line => string.Join(' ', line.Select(n => others[n]))));
    }
}
