using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Tests.Models;

namespace Nonet.Tests.Goldens;

/// <summary>Tiny GGUF files, with the greedy ids and log probabilities that llama.cpp gives of them.</summary>
public sealed class GgufGoldenTests
{
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Golden.Path("gguf"), "*.gguf").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names))]
    public void Llama_cpp_writes_the_same_and_cuts_text_alike(string name)
    {
        using var open = new LoadedModel(Golden.Path($"gguf/{name}.gguf"), Nonet.Tests.Models.TinyModels.Cpu);
        var golden = Golden.Json($"gguf/{name}.json");
        Assert.Equal(Ints(golden["tokens"]!), open.LoadTokenizer().EncodePlain((string)golden["text"]!));
        // llama.cpp rounds activations to F16 or to 8 bits beside such weights; here they stay F32 beside F16
        var tolerance = name.EndsWith("q8_0", StringComparison.Ordinal) ? 3e-2 : 1e-2;
        foreach (var completion in golden["completions"]!.AsArray())
        {
            var (prompt, steps) = (Ints(completion!["prompt"]!), completion["steps"]!.AsArray());
            int[] written = [.. steps.Select(s => s![0]!.GetValue<int>())];
            Assert.Equal(written, ModelParity.Greedy(open.Model, prompt, written.Length));
            var logits = ModelParity.Logits(open.Model, [.. prompt, .. written[..^1]], []);
            for (var step = 0; step < written.Length; step++)
            {
                var row = logits.AsSpan((prompt.Length - 1 + step) * open.Model.Vocab, open.Model.Vocab).ToArray();
                var (most, best) = (row.Max(Math.Abs), row.Max());
                var sum = best + Math.Log(row.Sum(x => Math.Exp(x - best)));
                foreach (var likely in steps[step]![1]!.AsArray())
                {
                    var (id, logProbability) = (likely![0]!.GetValue<int>(), likely[1]!.GetValue<double>());
                    Assert.True(Math.Abs(row[id] - sum - logProbability) <= tolerance * most,
                        $"step {step}, id {id}: {row[id] - sum:F5}, theirs {logProbability:F5}, of {most:F2}");
                }
            }
        }
    }

    static int[] Ints(JsonNode node) => [.. node.AsArray().Select(i => i!.GetValue<int>())];
}
