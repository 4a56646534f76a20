namespace Nonet.Recipes.Tests.Annotation;

/// <summary>A tiny model of bytes that has learned sentences with calls by heart.</summary>
public sealed class SeededModel : IDisposable
{
    readonly TemporaryFolder folder = new();

    public SeededModel()
    {
        string[] lines = ["Two and two is [Calculator(2 + 2) -> 4] 4.", "One and six is [Calculator(1 + 6) -> 7] 7."];
        File.WriteAllLines(folder["texts.jsonl"], Enumerable.Range(0, 40).Select(i => $$"""{"text": "{{lines[i % 2]}}"}"""));
        Texts.Train(Recipe.Parse("tiny.yaml", $"""
            model: {"{kind: llama, layers: 2, width: 32, heads: 2, context: 128, hidden: 64}"}
            data: {"{path: " + folder["texts.jsonl"] + ", validation: 0.5}"}
            training: {"{steps: 150, batch: 2, warmup: 10, learning_rate: 1e-2, evaluate_every: 150, save_every: 150}"}
            run: {"{sample_every: null}"}
            """, []), Path);
        folder.Add("empty.txt", "");
    }

    /// <summary>The run folder.</summary>
    public string Path => folder["run"];

    /// <summary>A prompt that is empty, since the model follows none.</summary>
    public string NoPrompt => folder["empty.txt"];

    public void Dispose() => folder.Dispose();
}
