using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tests.Models;
using Nonet.Training;

namespace Nonet.Tests.Checkpoints;

/// <summary>Where adapters are put, by name and by role; and the switch that turns them off.</summary>
public sealed class AdapterTargetTests : IDisposable
{
    static readonly int[] ids = TinyModels.Ids(12);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static void Loud(IEnumerable<Parameter> parameters)
    {
        foreach (var p in parameters)
            p.Value.Device.FillNormal(p.Value, 0, 0.2, new RandomKey(3, 0, 0).At(p.Path));
    }

    static string[] Targets(string family, params string[] targets)
    {
        using var adapter = PeftAdapter.Attach(TinyModels.Declare(family, new ParameterStore(TinyModels.Cpu)), 2, 4, targets);
        return [.. adapter.Layers.Select(l =>
            l.Weight.Path.Replace("/weight", "", StringComparison.Ordinal) + (l is Nonet.Models.Layers.TiedProjection ? " as output" : ""))];
    }

    [Fact]
    public void A_target_is_a_layers_name_or_a_role()
    {
        Assert.Equal(["blocks/0/attention/output", "blocks/1/attention/output"], Targets("llama", "output"));
        Assert.Equal(["output"], Targets("llama", "head"));
        Assert.Equal(["tokens as output"], Targets("gpt", "head"));
        Assert.Equal(["positions", "tokens"], Targets("gpt", "position", "embedding"));
        Assert.Equal(["output", "tokens"], Targets("llama", "head", "tokens"));
        Assert.Equal(14, Targets("llama", "matrix").Length);
        Assert.Contains("target 'c_attn': the model has layers key, output, query, value, down, up, positions, tokens, head of roles matrix, position, "
            + "embedding, head",
            Assert.Throws<ArgumentException>(() => Targets("gpt", "c_attn")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Experts_take_no_adapter_and_say_so()
    {
        foreach (var target in new[] { "matrix", "gate", "up", "down" })
        {
            var error = Assert.Throws<NotSupportedException>(() => Targets("qwen3moe", target));
            Assert.Contains($"target '{target}': found the experts' matrices, such as blocks/", error.Message, StringComparison.Ordinal);
            Assert.Contains("query", error.Message, StringComparison.Ordinal);
        }
        Assert.NotEmpty(Targets("qwen3moe", "query", "value"));
    }

    [Theory]
    [InlineData("gpt", "embedding"), InlineData("gpt", "head"), InlineData("llama", "embedding"), InlineData("llama", "head"),
        InlineData("llama tied interleaved", "head")]
    [InlineData("gemma2", "matrix", "embedding", "head"), InlineData("gptj", "head")]
    public void Tables_and_heads_take_adapters_that_are_written_opened_and_turned_off(string family, params string[] targets)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var bare = TinyModels.Logits(model, ids);
        double[] changed;
        using (var adapter = PeftAdapter.Attach(model, 3, 6, targets))
        {
            Assert.Equal(bare, TinyModels.Logits(model, ids)); // B is zero
            Loud(adapter.Parameters.Parameters);
            changed = TinyModels.Logits(model, ids);
            using (adapter.Off())
            using (adapter.Off())
                Assert.Equal(bare, TinyModels.Logits(model, ids));
            Assert.Equal(changed, TinyModels.Logits(model, ids));
            if (family != "llama tied interleaved") // its heads are not in the order of checkpoints
                adapter.Save(folder.Path, TinyModels.Config(family));
        }
        Assert.NotEqual(bare, changed);
        Assert.Equal(bare, TinyModels.Logits(model, ids));
        if (family == "llama tied interleaved")
            return;
        using var opened = PeftAdapter.Load(folder.Path, model, TinyModels.Config(family));
        TinyModels.Close(changed, TinyModels.Logits(model, ids), 1e-5, "opened");
        if (family is "gpt" or "gemma2")
        {
            Assert.Contains("tied table", Assert.Throws<NotSupportedException>(opened.Merge).Message, StringComparison.Ordinal);
            return;
        }
        opened.Merge();
        TinyModels.Close(changed, TinyModels.Logits(model, ids), 1e-5, "merged");
        Assert.Throws<InvalidOperationException>(() => opened.Off());
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.F16), InlineData(DType.BF16), InlineData(DType.Q8_0)]
    public void A_frozen_base_of_any_type_trains_an_adapter_and_stays_where_it_is(DType type)
    {
        var config = TinyModels.LlamaConfig with { Width = 32, Heads = 4, HeadWidth = 8, Hidden = 64, Tied = true };
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = (ICausalModel)config.Create(store.Root);
        using var adapter = PeftAdapter.Attach(model, 2, 4, ["matrix", "embedding", "head"]);
        var source = new Typed(type);
        store.FillForTraining(1, source);
        Assert.All(store.Parameters, p => Assert.Equal(adapter.Owns(p), !p.Frozen));
        Assert.All(store.Parameters.Where(p => p.Frozen && p.Shape.Rank == 2), p => Assert.Equal(type, p.Value.DType));
        Assert.Equal(store.Trainable.Sum(p => (p.Elements + 31) / 32 * 32), store.ArenaElements);
        using var optimizer = new AdamW(store, new AdamWOptions { WeightDecay = 0 });
        var losses = new List<double>();
        double[] base0;
        using (adapter.Off())
            base0 = TinyModels.Logits(model, ids);
        for (var step = 0; step < 30; step++)
        {
            using var scope = new TensorScope();
            using var tape = new Tape();
            var loss = model.Loss(Batch.Of(TinyModels.Cpu, [ids[..^1]]), TinyModels.Cpu.From(ids.AsSpan(1)));
            losses.Add(loss.Item());
            tape.Backward(loss);
            Assert.All(adapter.Parameters.Parameters.Where(adapter.Owns), p =>
                Assert.True(step == 0 || p.Value.Gradient!.ToDoubles().Any(g => g != 0), $"{p} gets no gradient"));
            optimizer.Step(1e-2, clip: 1);
        }
        Assert.True(losses[^1] < 0.5 * losses[0], $"the loss went from {losses[0]} to {losses[^1]}");
        using (adapter.Off())
            Assert.Equal(base0, TinyModels.Logits(model, ids));
    }

    sealed class Typed(DType type) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device)
        {
            if (parameter.Shape.Rank < 2 || parameter.Path[^2..] is "/a" or "/b")
                return null;
            using var wide = device.Empty(parameter.Shape);
            device.FillNormal(wide, 0, 0.2, new RandomKey(9, 0, 0).At(parameter.Path));
            var typed = device.Empty(parameter.Shape, type);
            device.Copy(wide, typed);
            return typed;
        }
    }
}
