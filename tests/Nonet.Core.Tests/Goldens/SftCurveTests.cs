using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Data.Instructions;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Training;

namespace Nonet.Tests.Goldens;

/// <summary>Twenty steps of supervised fine-tuning, and the gradients of adapters, against PyTorch: tests/goldens/sft_curves.py.</summary>
public sealed class SftCurveTests
{
    const int Steps = 20, Batch = 4;
    const double Rate = 2e-3, Tolerance = 1e-4;

    static readonly string[] parts = ["query", "key", "value", "output", "gate", "up", "down"];

    [Theory, InlineData("gpt2"), InlineData("llama"), InlineData("qwen2")]
    public void Losses_and_gradients_are_those_of_PyTorch(string name) => Check(Golden.Path($"models/{name}"), Golden.Json($"sft/{name}.json"));

    [Theory, InlineData("gpt2"), InlineData("llama"), InlineData("qwen2")]
    public void Losses_and_gradients_are_those_of_PyTorch_for_larger_models(string family)
    {
        using var peer = new Peer();
        File.Copy(Golden.Path("sft_curves.py"), Path.Combine(peer.Folder, "sft_curves.py"));
        peer.Python("/w/hf_make.py", family, $"{peer.Inside}/model");
        peer.Python($"{peer.Inside}/sft_curves.py", $"{peer.Inside}/model", $"{peer.Inside}/sft.json");
        Check(Path.Combine(peer.Folder, "model"), JsonNode.Parse(File.ReadAllText(Path.Combine(peer.Folder, "sft.json")))!);
    }

    static void Check(string folder, JsonNode golden)
    {
        var opened = HuggingFaceFolder.Open(folder);
        var examples = golden["ids"]!.AsArray().Zip(golden["supervised"]!.AsArray(), (ids, own) =>
            new SupervisedTokens([.. ids!.AsArray().Select(i => (int)i!)], [.. own!.AsArray().Select(s => (int)s! == 1)])).ToArray();

        using (var store = new ParameterStore(TinyModels.Cpu))
        {
            var model = opened.Config.Create(store.Root);
            store.FillForTraining(1, opened.Weights);
            Follows(golden["full"]!, Train(model, store, examples));
        }
        foreach (var checkpointing in (bool[])[false, true])
        {
            using var store = new ParameterStore(TinyModels.Cpu);
            var model = opened.Config.Create(store.Root);
            model.Checkpointing = checkpointing;
            using var adapter = PeftAdapter.Attach(model, rank: 4, alpha: 8, ["matrix"]);
            store.FillForTraining(1, opened.Weights);
            foreach (var p in store.Trainable)
                Fill(p);
            Follows(golden["lora"]!, Train(model, store, examples, () =>
            {
                var compared = 0;
                foreach (var p in store.Trainable)
                {
                    var (block, part, factor) = Place(p);
                    var wanted = golden["gradients"]![$"{block}/{part}/{factor}"]!.AsArray().Select(g => (double)g!).ToArray();
                    TinyModels.Close(wanted, store.PartOf(store.Gradients, p).ToDoubles(), Tolerance, p.Path);
                    compared++;
                }
                Assert.Equal(golden["gradients"]!.AsObject().Count, compared);
            }));
        }
    }

    static double[] Train(ILanguageModel model, ParameterStore store, SupervisedTokens[] examples, Action? first = null)
    {
        using var optimizer = new AdamW(store, new AdamWOptions { Beta2 = 0.999, WeightDecay = 0 });
        return [.. Enumerable.Range(0, Steps).Select(step =>
        {
            using var scope = new TensorScope();
            SupervisedTokens[] batch = [.. Enumerable.Range(0, Batch).Select(i => examples[(step * Batch + i) % examples.Length])];
            var targets = batch.Sum(e => (long)e.Targets);
            var loss = MicroBatch.Backward(targets, targets, () => model.Loss(batch));
            if (step == 0)
            {
                store.CompleteGradients();
                first?.Invoke();
            }
            optimizer.Step(Rate, clip: 1);
            return loss;
        })];
    }

    static void Follows(JsonNode wanted, double[] losses)
    {
        for (var step = 0; step < losses.Length; step++)
            Assert.Equal((double)wanted[step]!, losses[step], Tolerance * losses[step]);
    }

    /// <summary>0.05 sin(0.37 i + site) for A and 0.05 cos(0.61 i + site) for B, as in the script.</summary>
    static void Fill(Parameter p)
    {
        var (block, part, factor) = Place(p);
        var site = 10 * block + Array.IndexOf(parts, part);
        for (var i = 0L; i < p.Elements; i++)
            p.Value.SetValue(i, 0.05 * (factor == "a" ? Math.Sin(0.37 * i + site) : Math.Cos(0.61 * i + site)));
    }

    static (int Block, string Part, string Factor) Place(Parameter p) =>
        p.Path.Split('/') is ["blocks", var block, .., var part, "weight", var factor] ? (int.Parse(block, null), part, factor)
            : throw new ArgumentException(p.Path);
}
