using System.Globalization;

namespace Nonet.Tests;

/// <summary>Small texts to train on.</summary>
static class TextFiles
{
    /// <summary>Eight files of plain sentences, about 2 KB each.</summary>
    public static void Write(string folder)
    {
        string[] words = ["the", "whale", "sea", "ship", "captain", "saw", "old", "white", "sailed", "and", "night", "wind"];
        Directory.CreateDirectory(folder);
        for (var file = 0; file < 8; file++)
        {
            var text = Enumerable.Range(0, 400).Select(i => words[Tensors.Philox.Below(new Tensors.RandomKey(5, 0, (uint)file), (ulong)i, words.Length)]);
            File.WriteAllText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{file}.txt")), string.Join(' ', text) + ".\n");
        }
    }
}
