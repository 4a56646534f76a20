using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Formats.Safetensors;
using Nonet.Inference.Beams;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tests.Models;

namespace Nonet.Tests.Goldens;

/// <summary>A tiny model of every family and every head, with what transformers computes of it.</summary>
public sealed class ModelGoldenTests
{
    public static TheoryData<string> Names => Golden.Names("models");

    [Theory, MemberData(nameof(Names))]
    public void Logits_and_greedy_text_are_those_of_transformers(string name)
    {
        var folder = Golden.Path($"models/{name}");
        var opened = HuggingFaceFolder.Open(folder);
        var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = opened.Config.Create(store.Root);
        store.FillForInference(opened.Weights);
        var (ids, wanted) = (Ints(golden, "ids"), Values(golden, "logits"));
        if (model is ITaskModel task)
        {
            int[][] inputs = [ids, Ints(golden, "ids2")];
            int[][] types = [.. inputs.Select(input => input.Select((_, i) => 2 * i >= input.Length ? 1 : 0).ToArray())];
            TinyModels.Close(wanted, ModelParity.Task(task, inputs, types), 1e-4, "logits");
            return;
        }
        TinyModels.Close(wanted, ModelParity.Logits(model, ids, golden.Tensors.ContainsKey("decoder_ids") ? Ints(golden, "decoder_ids") : []), 1e-4, "logits");
        var greedy = Ints(golden, "greedy");
        Assert.Equal(greedy, ModelParity.Greedy(model, ids, greedy.Length));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void The_load_balancing_loss_and_its_gradient_are_those_of_transformers(bool checkpointing)
    {
        var folder = Golden.Path("models/qwen3-moe");
        var opened = HuggingFaceFolder.Open(folder);
        var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = (ICausalModel)opened.Config.Create(store.Root);
        model.Checkpointing = checkpointing;
        store.FillForTraining(1, opened.Weights);
        var ids = Ints(golden, "ids");
        using var scope = new TensorScope();
        var (batch, targets) = (Batch.Of(TinyModels.Cpu, ids), TinyModels.Cpu.From([.. ids[1..], -1]));
        var plain = model.Loss(batch, targets).Item();
        using var tape = new Tape();
        var loss = model.Loss(batch, targets);
        tape.Backward(loss);
        Assert.Equal(Values(golden, "loss")[0], loss.Item(), 1e-4);
        Assert.Equal(0.5 * Values(golden, "router_loss")[0], loss.Item() - plain, 1e-4); // without a tape there is none
        var router = store.Parameters.Single(p => p.Path == "blocks/2/feed_forward/router/weight");
        TinyModels.Close(Values(golden, "router_gradient"), store.Gradients!.ToDoubles()[(int)router.Offset..(int)(router.Offset + router.Elements)], 1e-4,
            "gradient of a router");
    }

    [Theory, InlineData("marian", 0), InlineData("t5-relu", 1)]
    public void Beams_are_those_of_transformers(string name, int end)
    {
        using var open = new LoadedModel(Golden.Path($"models/{name}"), Nonet.Tests.Models.TinyModels.Cpu);
        var cases = Golden.Json($"models/{name}/beams.json").AsArray();
        Assert.True(cases.Count >= 3, $"{cases.Count} cases");
        var search = new BeamSearch(open.EncoderDecoder, new BeamOptions { Beam = 4, Alpha = 0, MaxExtra = 16, EndToken = end });
        foreach (var (want, got) in cases.Zip(search.Run([.. cases.Select(c => Ints(c!["source"]!))], TestContext.Current.CancellationToken)))
        {
            Assert.Equal(want!["outputs"]!.AsArray().Select(o => string.Join(' ', Ints(o!["ids"]!))), got.Select(h => string.Join(' ', h.Tokens)));
            Assert.All(want["outputs"]!.AsArray().Zip(got), pair => Assert.Equal(pair.First!["score"]!.GetValue<double>(), pair.Second.Score, 1e-3));
        }
    }

    static int[] Ints(JsonNode node) => [.. node.AsArray().Select(i => i!.GetValue<int>())];

    static int[] Ints(SafetensorsFile file, string name) => [.. Values(file, name).Select(v => (int)v)];

    static double[] Values(SafetensorsFile file, string name)
    {
        using var scope = new TensorScope();
        return file.Read(name, TinyModels.Cpu).ToDoubles();
    }
}
