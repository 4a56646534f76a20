using System.Globalization;

namespace Nonet.Recipes.Tests;

/// <summary>Small texts to train on.</summary>
static class Texts
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

    /// <summary>A recipe of a tiny LLaMA on them.</summary>
    public static Recipe Tiny(string texts, params string[] overrides) => Recipe.Parse("tiny.yaml", $"""
        model: {"{kind: llama, layers: 1, width: 16, heads: 2, context: 16, hidden: 32}"}
        data: {"{path: " + texts + ", validation: 0.25, documents: file}"}
        training: {"{steps: 30, batch: 2, warmup: 2, learning_rate: 3e-3, save_every: 5, evaluate_every: 10}"}
        run: {"{report_every: 1}"}
        """, overrides);

    /// <summary>Trains on one thread.</summary>
    public static PretrainResult Train(Recipe recipe, string folder, bool resume = false, IProgress<RunEvent>? progress = null, CancellationToken? stopping = null) =>
        TrainRecipe.Run(recipe, folder, resume, threads: 1, progress, stopping ?? TestContext.Current.CancellationToken);
}
