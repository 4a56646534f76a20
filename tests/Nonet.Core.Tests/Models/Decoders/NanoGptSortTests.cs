using System.Runtime.InteropServices;
using System.Text.Json;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Inference;

namespace Nonet.Tests.Models.Decoders;

/// <summary>A trained minGPT that sorts letters, and its stored forward pass (bbycroft/llm-viz).</summary>
public class NanoGptSortTests
{
    static float[] Values(JsonElement tensor) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(tensor.GetProperty("data").GetString()!)).ToArray();

    [Fact]
    public void Its_forward_pass_is_the_stored_one_and_it_sorts()
    {
        var folder = SharedFolder.Find("data/weights/nano-gpt-sort");
        using var weights = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "gpt-nano-sort-model.json")));
        using var partials = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "gpt-nano-sort-t0-partials.json")));
        var config = new GptConfig { Vocab = 3, Context = 11, Layers = 3, Width = 48, Heads = 3, Tied = false };
        var model = new Gpt(config, new ParameterStore(TinyModels.Cpu).Root);
        model.Parameters.FillForInference(new Source(weights.RootElement));
        int[] ids = [.. Values(partials.RootElement.GetProperty("idx")).Select(x => (int)x)];
        var sequences = ids.Chunk(11).ToArray();
        var wanted = Values(partials.RootElement.GetProperty("lm_head")).Select(x => (double)x).ToArray();
        TinyModels.Close(wanted, TinyModels.Logits(model, sequences), 1e-5, "logits");

        foreach (var start in new int[][] { [2, 0, 1, 1, 0, 2], [0, 0, 2, 1, 0, 1], [1, 2, 2, 0, 1, 0] })
        {
            var options = new Nonet.Inference.GenerationOptions { MaxTokens = 6, Sampler = Nonet.Inference.SamplerOptions.Greedy };
            var sorted = Written.Ids(model, start, options);
            Assert.Equal(start.Order(), sorted);
        }
    }

    sealed class Source(JsonElement weights) : IWeightSource
    {
        public Tensor Find(Parameter parameter, Device device)
        {
            var path = parameter.Path.Split('/');
            var (name, part) = path switch
            {
                ["tokens", "weight"] => ("transformer.wte.weight", 0),
                ["positions", "weight"] => ("transformer.wpe.weight", 0),
                ["norm", var w] => ($"transformer.ln_f.{w}", 0),
                ["output", "weight"] => ("lm_head.weight", 0),
                ["blocks", var i, "norm1", var w] => ($"transformer.h.{i}.ln_1.{w}", 0),
                ["blocks", var i, "norm2", var w] => ($"transformer.h.{i}.ln_2.{w}", 0),
                ["blocks", var i, "attention", "output", var w] => ($"transformer.h.{i}.attn.c_proj.{w}", 0),
                ["blocks", var i, "attention", var which, var w] => ($"transformer.h.{i}.attn.c_attn.{w}", Array.IndexOf(["query", "key", "value"], which)),
                ["blocks", var i, "feed_forward", "up", var w] => ($"transformer.h.{i}.mlp.c_fc.{w}", 0),
                ["blocks", var i, "feed_forward", "down", var w] => ($"transformer.h.{i}.mlp.c_proj.{w}", 0),
                _ => throw new ArgumentException(parameter.Path),
            };
            return device.From(parameter.Shape, Values(weights.GetProperty(name)).AsSpan((int)(part * parameter.Elements), (int)parameter.Elements));
        }
    }
}
