using System.Globalization;
using Nonet.Checkpoints.Adapters;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints.Adapters;

public sealed class PeftAdapterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly int[] ids = TinyModels.Ids(12);

    /// <summary>Adapters whose B is not zero.</summary>
    static PeftAdapter Loud(ILanguageModel model, int rank = 3, bool rankStabilized = false, bool magnitudes = false)
    {
        var adapter = PeftAdapter.Attach(model, rank, alpha: 6, ["matrix"], rankStabilized: rankStabilized, magnitudes: magnitudes);
        foreach (var p in adapter.Parameters.Parameters)
        {
            for (var i = 0L; i < p.Elements; i++)
            {
                var drawn = 0.2 * Philox.Normal(new RandomKey(3, 0, 0).At(p.Path), (ulong)i);
                p.Value.SetValue(i, p.Role == ParameterRole.Norm ? p.Value.Value(i) * (1 + drawn) : drawn);
            }
        }
        return adapter;
    }

    [Theory]
    [InlineData("gpt")]
    [InlineData("llama")]
    [InlineData("phi3 longrope")]
    [InlineData("gptj")]
    [InlineData("llama tied interleaved")]
    [InlineData("llama", true, false)]
    [InlineData("llama biased linear", false, true)]
    [InlineData("llama tied interleaved", true, true)]
    [InlineData("gpt", false, true)]
    [InlineData("phi3 longrope", true, true)]
    public void Written_and_opened_it_changes_the_model_alike_merged_or_not(string family, bool rankStabilized = false, bool magnitudes = false)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var bare = TinyModels.Logits(model, ids);
        double[] changed;
        using (var adapter = Loud(model, rankStabilized: rankStabilized, magnitudes: magnitudes))
        {
            changed = TinyModels.Logits(model, ids);
            adapter.Save(folder.Path, TinyModels.Config(family));
        }
        var written = File.ReadAllText(folder["adapter_config.json"]);
        Assert.Contains($"\"use_rslora\": {(rankStabilized ? "true" : "false")}", written, StringComparison.Ordinal);
        Assert.Contains($"\"use_dora\": {(magnitudes ? "true" : "false")}", written, StringComparison.Ordinal);
        Assert.NotEqual(bare, changed);
        Assert.Equal(bare, TinyModels.Logits(model, ids)); // taken off

        using var opened = PeftAdapter.Load(folder.Path, model, TinyModels.Config(family));
        TinyModels.Close(changed, TinyModels.Logits(model, ids), 1e-5, "opened");
        opened.Merge();
        Assert.All(opened.Layers, layer => Assert.Null(layer.Adapter));
        TinyModels.Close(changed, TinyModels.Logits(model, ids), 1e-5, "merged");
        Assert.Throws<InvalidOperationException>(opened.Merge);
        if (magnitudes)
        {
            Assert.Throws<NotSupportedException>(opened.Unmerge);
            return;
        }
        opened.Unmerge();
        TinyModels.Close(changed, TinyModels.Logits(model, ids), 1e-5, "taken out again");
    }

    [Fact] // W + α / r · B A, by hand
    public void Merging_adds_the_product()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        using var adapter = Loud(model, rank: 2);
        var layer = adapter.Layers.First();
        var (before, a, b) = (layer.Weight.Value.ToDoubles(), layer.Adapter!.A.Value.ToDoubles(), layer.Adapter.B.Value.ToDoubles());
        adapter.Merge();
        var inputs = layer.Weight.Shape[1];
        for (var i = 0; i < before.Length; i++)
        {
            var (row, column) = Math.DivRem(i, inputs);
            Assert.Equal(before[i] + 3 * (b[2 * row] * a[column] + b[2 * row + 1] * a[inputs + column]), layer.Weight.Value.Value(i), 1e-6);
        }
    }

    [Theory]
    [InlineData("\"use_rslora\":true", 6 / 1.7320508075688772)]
    [InlineData("\"alpha_pattern\":{\"model.layers.0.self_attn.q_proj\":9}", 3.0)]
    [InlineData("\"alpha_pattern\":{\".*q_proj\":12}", 4.0)]
    [InlineData("\"alpha_pattern\":{\"k_proj\":12}", 2.0)]
    public void The_scale_is_what_the_config_says(string field, double scale)
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        using (var adapter = PeftAdapter.Attach(model, 3, 6, ["query"]))
            adapter.Save(folder.Path, TinyModels.LlamaConfig);
        folder.Add("adapter_config.json", $$"""{"peft_type":"LORA","r":3,"lora_alpha":6,"target_modules":["q_proj"],{{field}}}""");
        using var opened = PeftAdapter.Load(folder.Path, model, TinyModels.LlamaConfig);
        Assert.Equal(scale, opened.Layers.Single(l => l.Weight.Path.StartsWith("blocks/0", StringComparison.Ordinal)).Adapter!.Scale, 1e-6);
    }

    [Theory]
    [InlineData("\"peft_type\":\"IA3\"", "'peft_type': \"IA3\"; expected LORA")]
    [InlineData("\"lora_bias\":true", "'lora_bias'")]
    [InlineData("\"bias\":\"all\"", "'bias'")]
    public void What_is_not_supported_is_named(string field, string message)
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        folder.Add("adapter_config.json", "{" + field + "}");
        Assert.Contains(message, Assert.Throws<MalformedFileException>(() => PeftAdapter.Load(folder.Path, model, TinyModels.LlamaConfig)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_named()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        folder.Add("adapter_config.json", "{}");
        string Refused(string name, int rows)
        {
            using var scope = new TensorScope();
            new SafetensorsWriter().Add($"base_model.model.{name}.lora_A.weight", TinyModels.Cpu.Zeros(new Shape(2, 20)))
                .Add($"base_model.model.{name}.lora_B.weight", TinyModels.Cpu.Zeros(new Shape(rows, 2)))
                .Save(folder["adapter_model.safetensors"]);
            return Assert.Throws<MalformedFileException>(() => PeftAdapter.Load(folder.Path, model, TinyModels.LlamaConfig)).Message;
        }

        Assert.Contains("adapters of linear layers and tables of a llama", Refused("model.layers.9.self_attn.q_proj", 24), StringComparison.Ordinal);
        Assert.Contains("expected (r, 20) and (24, r)", Refused("model.layers.0.self_attn.q_proj", 25), StringComparison.Ordinal);
    }

    /// <summary>
    /// By hand: W = [[3, 4], [0, 2]], lengths 5 and 2; B A = [[1, 0], [0, 0]] and α / r = 2 make the first row (5, 4) of length √41; magnitudes 10 and 3.
    /// </summary>
    [Fact]
    public void Magnitudes_are_the_lengths_of_the_changed_rows()
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        var layer = new Linear(store.Root / "l", 2, 2, bias: false, deviation: 1);
        store.FillForTraining(1);
        layer.Weight.Replace(TinyModels.Cpu.From(new Shape(2, 2), [3f, 4, 0, 2]));
        using var other = new ParameterStore(TinyModels.Cpu);
        var adapter = new LowRankAdapter(other.Root / "l", layer.Weight, 1, 2, hasMagnitude: true);
        other.FillForTraining(1);
        Assert.Equal([5, 2], adapter.Magnitude!.Value.ToDoubles());
        adapter.A.Replace(TinyModels.Cpu.From(new Shape(1, 2), [1f, 0]));
        adapter.B.Replace(TinyModels.Cpu.From(new Shape(2, 1), [1f, 0]));
        adapter.Magnitude.Replace(TinyModels.Cpu.From(new Shape(2), [10f, 3]));
        layer.Adapter = adapter;
        var y = layer.Forward(TinyModels.Cpu.From(new Shape(1, 2), [1f, 1])).ToDoubles();
        Assert.Equal(10 * 9 / Math.Sqrt(41), y[0], 1e-5);
        Assert.Equal(3, y[1], 1e-5);
    }

    [Fact]
    public void Dropout_of_an_adapter_is_drawn_from_the_key_of_the_pass_and_off_without_one()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        using var adapter = PeftAdapter.Attach(model, 3, 6, ["matrix"], dropout: 0.5);
        foreach (var p in adapter.Parameters.Parameters)
            TinyModels.Cpu.Fill(p.Value, 0.1);
        var plain = TinyModels.Logits(model, ids);
        adapter.UseDropout(new RandomKey(1, 1, 0));
        var dropped = TinyModels.Logits(model, ids);
        Assert.NotEqual(plain, dropped);
        Assert.Equal(dropped, TinyModels.Logits(model, ids));
        adapter.UseDropout(new RandomKey(1, 2, 0));
        Assert.NotEqual(dropped, TinyModels.Logits(model, ids));
        adapter.UseDropout(null);
        Assert.Equal(plain, TinyModels.Logits(model, ids));
        adapter.Save(folder.Path, TinyModels.LlamaConfig);
        Assert.Contains("\"lora_dropout\": 0.5", File.ReadAllText(folder["adapter_config.json"]), StringComparison.Ordinal);
    }

    /// <summary>Files in PEFT's layout, made there; the merged model computed there.</summary>
    [Theory]
    [InlineData("llama", "model.layers.1.self_attn.v_proj", 4)]
    [InlineData("gpt2", "transformer.h.1.attn.c_attn", 8)]
    [InlineData("phi3", "model.layers.0.mlp.gate_up_proj", 2)]
    [InlineData("t5", "decoder.block.1.layer.1.EncDecAttention.k", 4)]
    public void Logits_are_those_of_the_merged_weights_in_transformers(string family, string module, int rank)
    {
        const string Make = """
            import sys, json, torch, transformers as t
            from safetensors.torch import save_file
            folder, module, rank = sys.argv[1], sys.argv[2], int(sys.argv[3])
            arch = json.load(open(folder + '/config.json'))['architectures'][0]
            model = getattr(t, arch).from_pretrained(folder, dtype=torch.float32).eval()
            layer = model.get_submodule(module)
            conv = type(layer).__name__ == 'Conv1D'
            out, inn = (layer.weight.shape[1], layer.weight.shape[0]) if conv else layer.weight.shape
            a, b = torch.randn(rank, inn) * 0.3, torch.randn(out, rank) * 0.3
            save_file({f'base_model.model.{module}.lora_A.weight': a, f'base_model.model.{module}.lora_B.weight': b}, folder + '/adapter_model.safetensors')
            json.dump({'peft_type': 'LORA', 'r': rank, 'lora_alpha': 16, 'target_modules': [module], 'fan_in_fan_out': conv}, open(folder + '/adapter_config.json', 'w'))
            delta = (16 / rank) * b @ a
            layer.weight.data += delta.T if conv else delta
            model.save_pretrained(folder + '/merged')
            """;
        using var peer = new Peer();
        peer.Python("/w/hf_make.py", family, peer.Inside);
        peer.Python("-c", Make, peer.Inside, module, rank.ToString(CultureInfo.InvariantCulture));
        using var adapted = new Nonet.Checkpoints.LoadedModel(peer.Folder, TinyModels.Cpu, peer.Folder);
        using var merged = new Nonet.Checkpoints.LoadedModel(Path.Combine(peer.Folder, "merged"), TinyModels.Cpu);
        var wanted = Logits(merged);
        TinyModels.Close(wanted, Logits(adapted), 1e-4, "adapted");
        adapted.Adapter!.Merge();
        TinyModels.Close(wanted, Logits(adapted), 1e-4, "merged");
    }

    static double[] Logits(Nonet.Checkpoints.LoadedModel open)
    {
        using var scope = new TensorScope();
        var batch = Batch.Of(open.Device, [TinyModels.Ids(30, 300)]);
        return open.Model is IEncoderDecoder both
            ? both.Output(both.Decode(Batch.Of(open.Device, [[0, 5, 7]]), both.Encode(batch))).ToDoubles()
            : open.Decoder.Output(open.Decoder.Forward(batch)).ToDoubles();
    }
}
