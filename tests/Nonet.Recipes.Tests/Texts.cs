using Nonet.Recipes.Runs;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests;

/// <summary>Small runs on small texts.</summary>
static class Texts
{
    /// <summary>A recipe of a tiny LLaMA on them.</summary>
    public static Recipe Tiny(string texts, params string[] overrides) => Recipe.Parse("tiny.yaml", $"""
        model: {"{kind: llama, layers: 1, width: 16, heads: 2, context: 16, hidden: 32}"}
        data: {"{path: " + texts + ", validation: 0.25, documents: file}"}
        training: {"{steps: 30, batch: 2, warmup: 2, learning_rate: 3e-3, save_every: 5, evaluate_every: 10}"}
        run: {"{report_every: 1}"}
        """, overrides);

    /// <summary>Trains on one thread.</summary>
    public static TrainingResult Train(IRecipe recipe, string folder, bool resume = false, IProgress<RunEvent>? progress = null,
        CancellationToken? stopping = null) =>
        TrainRecipe.Run(recipe, new CpuDevice(1), folder, resume, threads: 1, progress, stopping: stopping ?? TestContext.Current.CancellationToken);
}
