using Nonet.Checkpoints;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Checkpoints;

public sealed class HuggingFaceFolderTests : IDisposable
{
    static readonly CpuDevice cpu = new(new CpuOptions { Threads = 1 });
    static readonly GptConfig gpt = new() { Vocab = 7, Context = 5, Layers = 2, Width = 4, Heads = 2, Dropout = 0.125f };
    static readonly LlamaConfig llama = new() { Vocab = 7, Context = 5, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, Hidden = 6, RopeBase = 500000 };
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Gpt_reads_back_what_it_wrote()
    {
        using var written = Declare(gpt);
        written.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, gpt, written, new ByteTokenizer());
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Equal(gpt, opened.Config);
        Assert.True(opened.HasTokenizer);
        CheckSame(written, opened, gpt);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, 6)]
    public void Llama_reads_back_what_it_wrote(bool tied, int? headWidth)
    {
        var config = llama with { Tied = tied, HeadWidth = headWidth };
        using var written = Declare(config);
        written.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, config, written);
        var opened = HuggingFaceFolder.Open(folder.Path);
        Assert.Equal(config, opened.Config);
        Assert.False(opened.HasTokenizer);
        Assert.Equal(!tied, SafetensorsFile.Open(folder["model.safetensors"]).Entries.ContainsKey("lm_head.weight"));
        CheckSame(written, opened, config);
    }

    [Theory] // GPT-2's matrices are stored transposed and copied; LLaMA's are used in the file. In powers of 2, which the pool does not round up
    [InlineData(true), InlineData(false)]
    public void Copied_bytes_are_those_that_frozen_weights_take_of_the_device(bool isGpt)
    {
        Nonet.Models.ModelConfig config = isGpt ? new GptConfig { Vocab = 64, Context = 32, Layers = 2, Width = 32, Heads = 2 }
            : new LlamaConfig { Vocab = 64, Context = 32, Layers = 2, Width = 32, Heads = 2, KvHeads = 2, Hidden = 64 };
        using (var written = Declare(config))
        {
            written.FillForTraining(1);
            HuggingFaceFolder.Save(folder.Path, config, written, new ByteTokenizer());
        }
        var file = ModelFile.Open(folder.Path);
        var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        config.Create(store.Root);
        var values = store.Parameters.Select(p => file.Weights.Find(p, device)!).ToArray();
        device.Pool.Trim();
        Assert.Equal(device.Pool.AllocatedBytes, file.CopiedBytes());
        Assert.Equal(isGpt ? 2 * 12 * 32 * 32 * sizeof(float) : 0, file.CopiedBytes());
        GC.KeepAlive(values);
    }

    [Fact] // by hand: what transformers' Conv1D holds at (input, output)
    public void Gpt_is_written_transposed_and_packed()
    {
        using var store = Declare(gpt);
        store.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, gpt, store);
        var file = SafetensorsFile.Open(folder["model.safetensors"]);
        using var packed = file.Read("transformer.h.1.attn.c_attn.weight", cpu);
        using var bias = file.Read("transformer.h.1.attn.c_attn.bias", cpu);
        Assert.Equal(new Shape(4, 12), packed.Shape);
        foreach (var (part, name) in new[] { "query", "key", "value" }.Index())
        {
            var w = Value(store, $"blocks/1/attention/{name}/weight");
            var b = Value(store, $"blocks/1/attention/{name}/bias");
            for (var output = 0; output < 4; output++)
            {
                Assert.Equal(b.Value(output), bias.Value(part * 4 + output));
                for (var input = 0; input < 4; input++)
                    Assert.Equal(w.Value(output * 4 + input), packed.Value(input * 12 + part * 4 + output));
            }
        }
        using var up = file.Read("transformer.h.0.mlp.c_fc.weight", cpu);
        Assert.Equal(new Shape(4, 16), up.Shape);
        Assert.Equal(Value(store, "blocks/0/feed_forward/up/weight").Value(9 * 4 + 2), up.Value(2 * 16 + 9));
        Assert.DoesNotContain("lm_head.weight", file.Entries.Keys);
    }

    [Fact] // the released conversion: view(H, d/2, 2, width).transpose(1, 2)
    public void Interleaved_heads_are_written_half_split()
    {
        var config = llama with { RopeLayout = RopeLayout.Interleaved, Heads = 2, KvHeads = 2 };
        using var store = Declare(config);
        store.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, config, store);
        var ours = Value(store, "blocks/0/attention/query/weight");
        using var theirs = SafetensorsFile.Open(folder["model.safetensors"]).Read("model.layers.0.self_attn.q_proj.weight", cpu);
        for (var head = 0; head < 2; head++)
        {
            for (var pair = 0; pair < 2; pair++)
            {
                for (var side = 0; side < 2; side++)
                    Assert.Equal(ours.Value((head * 4 + pair * 2 + side) * 8 + 3), theirs.Value((head * 4 + side * 2 + pair) * 8 + 3));
            }
        }
        Assert.Equal(RopeLayout.HalfSplit, ((LlamaConfig)HuggingFaceFolder.Open(folder.Path).Config).RopeLayout);
        var weights = new CheckpointWeights(new FolderWeights(folder.Path), CheckpointFamily.Of(config).Names(config));
        using var scope = new TensorScope();
        Assert.Equal(ours.ToDoubles(), weights.Find(store.Parameters.Single(p => p.Path == "blocks/0/attention/query/weight"), cpu)!.ToDoubles());
    }

    [Fact]
    public void A_bare_trunk_without_prefix_is_read()
    {
        using var written = Declare(gpt);
        written.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, gpt, written);
        Rename(name => name.Replace("transformer.", "", StringComparison.Ordinal), "model.safetensors", _ => true);
        CheckSame(written, HuggingFaceFolder.Open(folder.Path), gpt);
    }

    [Fact]
    public void Shards_are_read()
    {
        using var written = Declare(llama);
        written.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, llama, written);
        var names = SafetensorsFile.Open(folder["model.safetensors"]).Entries.Keys.Order().ToArray();
        Rename(n => n, "model-2.safetensors", n => Array.IndexOf(names, n) % 2 == 1);
        Rename(n => n, "model-1.safetensors", n => Array.IndexOf(names, n) % 2 == 0);
        File.Delete(folder["model.safetensors"]);
        var map = string.Join(",", names.Select((n, i) => $"\"{n}\":\"model-{i % 2 + 1}.safetensors\""));
        folder.Add("model.safetensors.index.json", $$$"""{"metadata":{},"weight_map":{{{{map}}}}}""");
        CheckSame(written, HuggingFaceFolder.Open(folder.Path), llama);

        folder.Add("model.safetensors.index.json", """{"weight_map":{"x":"../x.safetensors"}}""");
        Assert.Contains("weight_map.x", Refused(), StringComparison.Ordinal);
        folder.Add("model.safetensors.index.json", """{"weight_map":{"x":"model-3.safetensors"}}""");
        Assert.Contains("an existing file", Refused(), StringComparison.Ordinal);
        folder.Add("model.safetensors.index.json", """{"weight_map":{"x":"model-1.safetensors"}}""");
        Assert.Contains("no tensor 'x'", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_misshapen_tensor_is_named()
    {
        using var written = Declare(llama);
        written.FillForTraining(1);
        HuggingFaceFolder.Save(folder.Path, llama, written);
        using var other = Declare(llama with { Hidden = 5 });
        var e = Assert.Throws<MalformedFileException>(() => other.FillForInference(HuggingFaceFolder.Open(folder.Path).Weights));
        Assert.Contains("model.layers.0.mlp.down_proj.weight' of shape [8, 6]; expected [8, 5]", e.Message, StringComparison.Ordinal);
        using var deeper = Declare(llama with { Layers = 3 });
        e = Assert.Throws<MalformedFileException>(() => deeper.FillForInference(HuggingFaceFolder.Open(folder.Path).Weights));
        Assert.Contains("no tensor 'model.layers.2.", e.Message, StringComparison.Ordinal);
    }

    const string Gpt = """ "model_type":"gpt2","vocab_size":7,"n_positions":5,"n_layer":2,"n_embd":4,"n_head":2 """;
    const string Llama = """ "architectures":["LlamaForCausalLM"],"vocab_size":7,"max_position_embeddings":5,"num_hidden_layers":2,"hidden_size":8,"num_attention_heads":2,"intermediate_size":6 """;

    public static TheoryData<string, string> BadConfigs => new()
    {
        { "", "invalid JSON" },
        { "[1]", "expected an object" },
        { "{}", "no field 'model_type'; expected one of bert, gemma2, gemma3_text, gpt2, gpt_neo, gptj, granite, llama, " },
        { """{"model_type":"bloom","architectures":["BloomForCausalLM"]}""",
            "architecture BloomForCausalLM of model_type 'bloom'; expected one that is supported: bert, gemma2, gemma3_text, gpt2, gpt_neo, gptj, granite, "
            + "llama, " },
        { """{"model_type":"gpt2","architectures":["GPT2DoubleHeadsModel"]}""", "GPT2DoubleHeadsModel" },
        { "{" + Gpt.Replace("\"n_head\":2", "\"n_head\":3", StringComparison.Ordinal) + "}", "'n_head': 3; expected a divisor of n_embd 4" },
        { "{" + Gpt.Replace("\"n_layer\":2,", "\"n_layer\":\"2\",", StringComparison.Ordinal) + "}", "'n_layer': \"2\"; expected an integer" },
        { "{" + Gpt.Replace("\"n_layer\":2,", "\"n_layer\":99999999999,", StringComparison.Ordinal) + "}", "'n_layer': 99999999999" },
        { "{" + Gpt + ",\"n_inner\":-20}", "'n_inner': -20; expected an integer" },
        { "{" + Gpt + ",\"activation_function\":\"mish\"}", "'activation_function': \"mish\"; expected gelu, gelu_new" },
        { "{" + Gpt + ",\"add_cross_attention\":true}", "add_cross_attention" },
        { "{" + Gpt + ",\"quantization_config\":{}}", "quantization_config" },
        { "{" + Llama + ",\"rope_scaling\":{\"type\":\"mrope\",\"factor\":2}}",
            "'rope_scaling.type': \"mrope\"; expected default, linear, dynamic, llama3, yarn or longrope" },
        { "{" + Llama + ",\"rope_parameters\":{\"rope_type\":\"llama3\"}}", "no field 'rope_parameters.factor'" },
        { "{" + Llama + ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}}", "'rope_scaling.factor': 0" },
        { "{" + Llama + ",\"rope_scaling\":{\"type\":\"longrope\",\"short_factor\":[1],\"long_factor\":[1,2]}}",
            "short_factor has 1 and long_factor 2 numbers; expected 2" },
        { "{" + Llama + ",\"rope_theta\":-1}", "'rope_theta': -1" },
        { "{" + Llama + ",\"hidden_act\":\"gelu\"}", "'hidden_act': \"gelu\"; expected silu" },
        { "{" + Llama + ",\"num_key_value_heads\":3}", "'num_key_value_heads': 3" },
        { "{" + Llama + ",\"head_dim\":5}", "'head_dim': 5" },
        { "{" + Llama + ",\"rms_norm_eps\":\"x\"}", "'rms_norm_eps': \"x\"" },
    };

    [Theory, MemberData(nameof(BadConfigs))]
    public void A_config_that_is_not_supported_is_named(string json, string message)
    {
        folder.Add("config.json", json);
        Assert.StartsWith($"{folder["config.json"]}: found ", Refused(), StringComparison.Ordinal);
        Assert.Contains(message, Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 10000)]
    [InlineData(",\"rope_theta\":500000.0", 500000)]
    [InlineData(",\"rope_parameters\":{\"rope_theta\":500000.0,\"rope_type\":\"default\"}", 500000)]
    [InlineData(",\"rope_theta\":500000.0,\"rope_scaling\":null", 500000)]
    public void The_rope_base_stands_in_either_place(string field, double expected)
    {
        var config = (LlamaConfig)HuggingFaceFolder.ReadConfig(folder.Add("config.json", "{" + Llama + field + "}"));
        Assert.Equal(expected, config.RopeBase);
        Assert.Equal((2, 1e-6f, false, null), (config.KvHeads, config.Epsilon, config.Tied, config.HeadWidth));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("no such folder", Assert.Throws<DirectoryNotFoundException>(() => HuggingFaceFolder.Open(folder["nowhere"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("no config.json", Assert.Throws<FileNotFoundException>(() => HuggingFaceFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        folder.Add("config.json", "{" + Llama + "}");
        Assert.Contains("neither model.safetensors nor", Assert.Throws<FileNotFoundException>(() => HuggingFaceFolder.Open(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    string Refused() => Assert.Throws<MalformedFileException>(() => HuggingFaceFolder.Open(folder.Path)).Message;

    void Rename(Func<string, string> rename, string target, Func<string, bool> which)
    {
        using var scope = new TensorScope();
        var file = SafetensorsFile.Open(folder["model.safetensors"]);
        var writer = new SafetensorsWriter();
        foreach (var name in file.Entries.Keys.Where(which))
            writer.Add(rename(name), file.Read(name, cpu));
        writer.Save(folder[target]);
    }

    static void CheckSame(ParameterStore written, HuggingFaceFolder opened, object config)
    {
        using var read = Declare(config);
        read.FillForInference(opened.Weights);
        foreach (var (p, q) in written.Parameters.Zip(read.Parameters))
            Assert.Equal(p.Value.ToDoubles(), q.Value.ToDoubles());
        using var again = Declare(config);
        again.FillForTraining(99, opened.Weights);
        Assert.Equal(written.Masters.ToDoubles(), again.Masters.ToDoubles());
    }

    static Tensor Value(ParameterStore store, string path) => store.Parameters.Single(p => p.Path == path).Value;

    /// <summary>The parameters that a model of this shape declares.</summary>
    static ParameterStore Declare(object config)
    {
        var store = new ParameterStore(cpu);
        void Add(string path, Shape shape) =>
            path.Split('/').Aggregate(store.Root, (p, name) => p / name).Add(shape, Initialization.Normal(1), ParameterRole.Matrix);
        if (config is GptConfig g)
        {
            Add("tokens/weight", new(g.Vocab, g.Width));
            Add("positions/weight", new(g.Context, g.Width));
            var places = Enumerable.Range(0, g.Layers).SelectMany(i => new[] { $"blocks/{i}/norm1", $"blocks/{i}/norm2" }).Append("norm");
            foreach (var norm in places)
            {
                Add($"{norm}/weight", new(g.Width));
                Add($"{norm}/bias", new(g.Width));
            }
            for (var i = 0; i < g.Layers; i++)
            {
                foreach (var name in new[] { "attention/query", "attention/key", "attention/value", "attention/output", "feed_forward/up",
                    "feed_forward/down" })
                {
                    var (outputs, inputs) = name.EndsWith("up", StringComparison.Ordinal) ? (4 * g.Width, g.Width)
                        : name.EndsWith("down", StringComparison.Ordinal) ? (g.Width, 4 * g.Width) : (g.Width, g.Width);
                    Add($"blocks/{i}/{name}/weight", new(outputs, inputs));
                    Add($"blocks/{i}/{name}/bias", new(outputs));
                }
            }
            return store;
        }
        var c = (LlamaConfig)config;
        var head = c.HeadWidth ?? c.Width / c.Heads;
        Add("tokens/weight", new(c.Vocab, c.Width));
        Add("norm/weight", new(c.Width));
        if (!c.Tied)
            Add("output/weight", new(c.Vocab, c.Width));
        for (var i = 0; i < c.Layers; i++)
        {
            Add($"blocks/{i}/attention_norm/weight", new(c.Width));
            Add($"blocks/{i}/feed_forward_norm/weight", new(c.Width));
            Add($"blocks/{i}/attention/query/weight", new(c.Heads * head, c.Width));
            Add($"blocks/{i}/attention/key/weight", new(c.KvHeads * head, c.Width));
            Add($"blocks/{i}/attention/value/weight", new(c.KvHeads * head, c.Width));
            Add($"blocks/{i}/attention/output/weight", new(c.Width, c.Heads * head));
            Add($"blocks/{i}/feed_forward/gate/weight", new(c.Hidden, c.Width));
            Add($"blocks/{i}/feed_forward/up/weight", new(c.Hidden, c.Width));
            Add($"blocks/{i}/feed_forward/down/weight", new(c.Width, c.Hidden));
        }
        return store;
    }
}
