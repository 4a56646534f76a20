using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Formats.PyTorch;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints.Adapters;

/// <summary>Adapters of embeddings and output layers, and the files that PEFT keeps them in.</summary>
public sealed class PeftFilesTests : IDisposable
{
    const string Table = "model.embed_tokens", Head = "lm_head";
    static readonly LlamaConfig tied = TinyModels.LlamaConfig with { Tied = true };
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static double Value(int seed, long i) => (float)Philox.Normal(new RandomKey((ulong)seed, 0, 0), (ulong)i);

    static Tensor Drawn(int seed, params int[] shape)
    {
        var x = TinyModels.Cpu.Empty(new Shape(shape), DType.F32);
        for (var i = 0L; i < x.Elements; i++)
            x.SetValue(i, Value(seed, i));
        return x;
    }

    void Write(string config, params (string Name, Tensor Value)[] tensors)
    {
        folder.Add("adapter_config.json", $$"""{"peft_type":"LORA","r":2,"lora_alpha":6,{{config}}"bias":"none"}""");
        var writer = new SafetensorsWriter();
        foreach (var (name, value) in tensors)
            writer.Add("base_model.model." + name, value);
        writer.Save(folder["adapter_model.safetensors"]);
    }

    /// <summary>A model over a checkpoint of drawn weights, with the adapter.</summary>
    (ICausalModel Model, ParameterStore Base, PeftAdapter Adapter) Open(LlamaConfig config)
    {
        var drawn = new ParameterStore(TinyModels.Cpu);
        config.Create(drawn.Root);
        drawn.FillForTraining(7);
        HuggingFaceFolder.Save(folder["base"], config, drawn);
        var opened = HuggingFaceFolder.Open(folder["base"]);
        var adapted = PeftAdapter.ConfigOf(folder.Path, opened.Config);
        var store = new ParameterStore(TinyModels.Cpu);
        var model = (ICausalModel)adapted.Create(store.Root);
        store.FillForInference(PeftAdapter.WeightsOn(folder.Path, adapted, opened.Config, opened.Weights));
        return (model, drawn, PeftAdapter.Load(folder.Path, model, adapted));
    }

    static double[] Of(ParameterStore store, string path) => store.Parameters.Single(p => p.Path == path).Value.ToDoubles();

    [Fact] // PEFT puts a copy in the place of one module; the other keeps the base's matrix
    public void A_table_kept_whole_over_a_tied_base_leaves_the_output_alone()
    {
        Write("\"modules_to_save\":[\"embed_tokens\"],", (Table + ".weight", Drawn(1, 23, 20)));
        var (model, drawn, _) = Open(tied);
        Assert.Equal(Drawn(1, 23, 20).ToDoubles(), Of(model.Parameters, "tokens/weight"));
        Assert.Equal(Of(drawn, "tokens/weight"), Of(model.Parameters, "output/weight"));
    }

    [Fact]
    public void An_output_kept_whole_over_a_tied_base_leaves_the_table_alone()
    {
        Write("\"modules_to_save\":[\"lm_head\"],", (Head + ".weight", Drawn(1, 23, 20)));
        var (model, drawn, _) = Open(tied);
        Assert.Equal(Of(drawn, "tokens/weight"), Of(model.Parameters, "tokens/weight"));
        Assert.Equal(Drawn(1, 23, 20).ToDoubles(), Of(model.Parameters, "output/weight"));
    }

    [Fact]
    public void Weight_tying_that_is_asked_for_stays()
    {
        Write("\"modules_to_save\":[\"embed_tokens\"],\"ensure_weight_tying\":true,", (Table + ".weight", Drawn(1, 23, 20)));
        var (model, _, _) = Open(tied);
        Assert.Equal(Drawn(1, 23, 20).ToDoubles(), Of(model.Parameters, "tokens/weight"));
        Assert.DoesNotContain(model.Parameters.Parameters, p => p.Path == "output/weight");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_output_layer_takes_an_adapter_and_the_weights_that_it_stands_on(bool isTied)
    {
        Write("", (Head + ".lora_A.weight", Drawn(1, 2, 20)), (Head + ".lora_B.weight", Drawn(2, 23, 2)), (Head + ".base_layer.weight", Drawn(3, 23, 20)));
        var (model, _, adapter) = Open(tied with { Tied = isTied });
        Assert.Equal(Drawn(3, 23, 20).ToDoubles(), Of(model.Parameters, "output/weight"));
        if (isTied) // one parameter in the base, which is loaded under either name
            Assert.Equal(Drawn(3, 23, 20).ToDoubles(), Of(model.Parameters, "tokens/weight"));
        using var scope = new TensorScope();
        var hidden = Drawn(4, 1, 20);
        var (w, a, b, x) = (Drawn(3, 23, 20).ToDoubles(), Drawn(1, 2, 20).ToDoubles(), Drawn(2, 23, 2).ToDoubles(), hidden.ToDoubles());
        var expected = Enumerable.Range(0, 23)
            .Select(o => Enumerable.Range(0, 20).Sum(i => (w[o * 20 + i] + 3 * (b[2 * o] * a[i] + b[2 * o + 1] * a[20 + i])) * x[i])).ToArray();
        TinyModels.Close(expected, model.Output(hidden).ToDoubles(), 1e-5, "logits");
        adapter.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_table_takes_an_adapter_that_leaves_the_output_alone(bool isTied)
    {
        Write("", (Table + ".lora_embedding_A", Drawn(1, 2, 23)), (Table + ".lora_embedding_B", Drawn(2, 20, 2)));
        var (model, drawn, adapter) = Open(tied with { Tied = isTied });
        adapter.Merge();
        var (table, a, b) = (Of(drawn, "tokens/weight"), Drawn(1, 2, 23).ToDoubles(), Drawn(2, 20, 2).ToDoubles());
        var expected = Enumerable.Range(0, 23 * 20).Select(i => table[i] + 3 * (a[i / 20] * b[2 * (i % 20)] + a[23 + i / 20] * b[2 * (i % 20) + 1])).ToArray();
        TinyModels.Close(expected, Of(model.Parameters, "tokens/weight"), 1e-6, "table");
        Assert.Equal(Of(drawn, isTied ? "tokens/weight" : "output/weight"), Of(model.Parameters, "output/weight"));
    }

    [Theory] // the first pattern that fits counts
    [InlineData("\"model.layers.1.self_attn.q_proj\":64,\"q_proj\":32", 16, 32)]
    [InlineData("\"q_proj\":32,\"model.layers.1.self_attn.q_proj\":64", 16, 16)]
    [InlineData("\"layers\\\\.[1-9]\\\\.self_attn\\\\.q_proj\":10,\"q_proj\":4", 2, 5)]
    [InlineData("\"(?<=a)q\":10", 3, 3)]
    public void Of_patterns_that_overlap_the_first_counts(string patterns, double first, double second)
    {
        var tensors = new[] { 0, 1 }.SelectMany(i =>
            new[] { ($"model.layers.{i}.self_attn.q_proj.lora_A.weight", Drawn(1, 2, 20)),
            ($"model.layers.{i}.self_attn.q_proj.lora_B.weight", Drawn(2, 24, 2)) });
        Write($"\"alpha_pattern\":{{{patterns}}},", [.. tensors]);
        var (_, _, adapter) = Open(tied);
        Assert.Equal([first, second], adapter.Layers.Select(l => (double)l.Adapter!.Scale));
    }

    [Fact]
    public void Too_many_expressions_are_refused_before_any_is_matched()
    {
        Write($"\"alpha_pattern\":{{{string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"(.*.*)*z{i}\":1"))}}},",
            ("model.layers.0.self_attn.q_proj.lora_A.weight", Drawn(1, 2, 20)), ("model.layers.0.self_attn.q_proj.lora_B.weight", Drawn(2, 24, 2)));
        Assert.Contains("more than 200 regular expressions in alpha_pattern", Assert.Throws<MalformedFileException>(() => Open(tied)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", "'('")]
    [InlineData("((a?){30}){30}(?=b)(x+x+)+y", "")]
    [InlineData("(?=m)(([a-z0-9_.]+)+)+!", "takes more than")]
    public void A_pattern_that_is_wrong_or_slow_is_named_with_its_file(string pattern, string message)
    {
        Write($"\"alpha_pattern\":{{\"{pattern}\":1}},", ("model.layers.0.self_attn.q_proj.lora_A.weight", Drawn(1, 2, 20)),
            ("model.layers.0.self_attn.q_proj.lora_B.weight", Drawn(2, 24, 2)));
        var clock = ThreadClock.Start();
        try
        {
            Open(tied);
            Assert.Equal("", message);
        }
        catch (MalformedFileException e)
        {
            Assert.Contains("adapter_config.json", e.Message, StringComparison.Ordinal);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }
        clock.AssertAtMost(60);
    }

    [Fact]
    public void The_weights_may_be_a_file_of_torch_save()
    {
        var config = tied with { Vocab = 4, Width = 2, Heads = 1, KvHeads = 1, HeadWidth = 2, Tied = false };
        folder.Add("adapter_config.json", """{"peft_type":"LORA","lora_alpha":2}""");
        folder.Add("adapter_model.bin", PyTorchFileTests.Archive(PyTorchFileTests.State(
            ("base_model.model.lm_head.lora_A.weight", PyTorchFileTests.TensorOps(0, [2, 2], [2, 1])),
            ("base_model.model.lm_head.lora_B.weight", PyTorchFileTests.TensorOps(0, [4, 2], [2, 1])))));
        var (model, _, adapter) = Open(config);
        var layer = Assert.Single(adapter.Layers);
        Assert.Equal([0.0, 1, 2, 3], layer.Adapter!.A.Value.ToDoubles());
        Assert.Equal("output/weight", layer.Weight.Path);
        adapter.Dispose();
        Assert.Equal(4, model.Vocab);
        File.Delete(folder["adapter_model.bin"]);
        Assert.Contains("adapter_model.bin", Assert.Throws<FileNotFoundException>(() => Open(config)).Message, StringComparison.Ordinal);
    }
}
