using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;

namespace Nonet.Tests.Models.Decoders;

/// <summary>What holds for every decoder.</summary>
public class DecoderTests
{
    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory, MemberData(nameof(Families))]
    public void Cpu_computes_the_definition(string family)
    {
        int[][] sequences = [TinyModels.Ids(70), TinyModels.Ids(1, site: 1), TinyModels.Ids(9, site: 2)];
        TinyModels.Close(
            TinyModels.Logits(TinyModels.Build(family, TinyModels.Reference), sequences),
            TinyModels.Logits(TinyModels.Build(family, TinyModels.Cpu), sequences), 2e-5, "logits");
    }

    [Theory, MemberData(nameof(Families))]
    public void A_changed_token_changes_no_bit_before_it(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(80);
        var before = TinyModels.Logits(model, ids);
        foreach (var changed in new[] { 79, 64, 33, 1 })
        {
            var other = (int[])ids.Clone();
            other[changed] = (other[changed] + 1) % model.Vocab;
            var after = TinyModels.Logits(model, other);
            Assert.Equal(before[..(changed * model.Vocab)], after[..(changed * model.Vocab)]);
            Assert.NotEqual(before[(changed * model.Vocab)..], after[(changed * model.Vocab)..]);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Sequences_of_a_batch_do_not_see_each_other(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        int[][] sequences = [TinyModels.Ids(7), TinyModels.Ids(66, site: 1), TinyModels.Ids(1, site: 2), TinyModels.Ids(20, site: 3)];
        var together = TinyModels.Logits(model, sequences);
        var row = 0;
        foreach (var sequence in sequences)
        {
            Assert.Equal(TinyModels.Logits(model, sequence), together[(row * model.Vocab)..((row + sequence.Length) * model.Vocab)]);
            row += sequence.Length;
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Any_number_of_threads_gives_the_same_bits(string family)
    {
        using var one = new CpuDevice(new CpuOptions { Threads = 1 });
        using var three = new CpuDevice(new CpuOptions { Threads = 3 });
        Assert.Equal(Step(TinyModels.Build(family, one)), Step(TinyModels.Build(family, three)));
    }

    [Theory, MemberData(nameof(Families))]
    public void Checkpointing_gives_the_same_bits(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu);
        var plain = Step(model);
        model.Checkpointing = true;
        Assert.Equal(plain, Step(model));
    }

    [Fact]
    public void Checkpointing_draws_the_same_dropout()
    {
        var model = TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Dropout = 0.3f }, new ParameterStore(TinyModels.Cpu).Root));
        var random = new RandomKey(4, 2, 0);
        var plain = Step(model, random);
        model.Checkpointing = true;
        Assert.Equal(plain, Step(model, random));
        Assert.NotEqual(plain, Step(model, random with { Step = 3 }));
        Assert.NotEqual(plain, Step(model, random: null));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_loss_in_pieces_is_the_loss(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu);
        var targets = TinyModels.Ids(25, site: 8);
        targets[3] = targets[24] = -1;
        targets.AsSpan(14, 7).Fill(-1); // one whole piece
        var whole = Step(model, targets: targets);
        TinyModels.Close(whole, Step(model, targets: targets, pieceRows: 7), 2e-6, "loss and gradients in pieces");

        using var scope = new TensorScope(); // and without a tape
        var batch = Batch.Of(TinyModels.Cpu, TinyModels.Ids(25), 25);
        var pieces = CausalLoss.Loss(model, batch, TinyModels.Cpu.From(targets), -1, 0, 0, wholeLimit: 0, pieceRows: 7);
        Assert.Equal(whole[0], pieces.Item(), 1e-5);
    }

    [Fact]
    public void A_loss_of_ignored_targets_is_zero()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu);
        var none = Enumerable.Repeat(-1, 25).ToArray();
        Assert.All(Step(model, targets: none), v => Assert.Equal(0, v));
        Assert.All(Step(model, targets: none, pieceRows: 7), v => Assert.Equal(0, v));
    }

    [Theory, MemberData(nameof(Families))]
    public void Checkpointing_keeps_less(string family)
    {
        Assert.InRange(Peak(checkpointing: true), 0, Peak(checkpointing: false) / 2);

        long Peak(bool checkpointing)
        {
            using var device = new CpuDevice(new CpuOptions { Threads = 2 });
            var store = new ParameterStore(device);
            ICausalModel model = family == "gpt"
                ? new Gpt(TinyModels.GptConfig with { Layers = 8 }, store.Root)
                : new Llama(TinyModels.LlamaConfig with { Layers = 8 }, store.Root);
            TinyModels.Filled(model).Checkpointing = checkpointing;
            device.Pool.Trim();
            var before = device.Pool.AllocatedBytes;
            using var scope = new TensorScope();
            using var tape = new Tape();
            tape.Backward(model.Loss(Batch.Of(device, TinyModels.Ids(600), 150), device.From(TinyModels.Ids(600, site: 8))));
            return device.Pool.AllocatedBytes - before;
        }
    }

    [Fact]
    public void A_loss_in_pieces_never_holds_all_logits()
    {
        const int Tokens = 600, Vocab = 4000;
        const long AllLogits = Tokens * Vocab * sizeof(float);
        Assert.InRange(Peak(Tokens), AllLogits, long.MaxValue);
        Assert.InRange(Peak(10), 0, AllLogits / 2);

        static long Peak(int pieceRows)
        {
            using var device = new CpuDevice(new CpuOptions { Threads = 2 });
            var model = TinyModels.Filled(new Gpt(TinyModels.GptConfig with { Vocab = Vocab }, new ParameterStore(device).Root));
            device.Pool.Trim();
            var before = device.Pool.AllocatedBytes;
            using var scope = new TensorScope();
            using var tape = new Tape();
            tape.Backward(CausalLoss.Loss(model, Batch.Of(device, TinyModels.Ids(Tokens, Vocab), 150), device.From(TinyModels.Ids(Tokens, Vocab, site: 8)), -1,
                0, 0, wholeLimit: 0, pieceRows));
            return device.Pool.AllocatedBytes - before;
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Without_a_tape_memory_does_not_grow_with_depth(string family)
    {
        Assert.Equal(Peak(2), Peak(6));

        long Peak(int layers)
        {
            using var device = new CpuDevice(new CpuOptions { Threads = 2 });
            var store = new ParameterStore(device);
            ICausalModel model = family == "gpt"
                ? new Gpt(TinyModels.GptConfig with { Layers = layers }, store.Root)
                : new Llama(TinyModels.LlamaConfig with { Layers = layers }, store.Root);
            TinyModels.Filled(model);
            device.Pool.Trim();
            var before = device.Pool.AllocatedBytes;
            TinyModels.Logits(model, TinyModels.Ids(150));
            return device.Pool.AllocatedBytes - before;
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void A_sequence_longer_than_the_context_is_refused(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        Assert.Equal("a sequence of 161 tokens is longer than the model's context of 160",
            Assert.Throws<ShapeException>(() => TinyModels.Logits(model, TinyModels.Ids(3), TinyModels.Ids(161))).Message);
    }

    [Theory, MemberData(nameof(Families))]
    public void An_id_out_of_range_is_refused(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        foreach (var id in new[] { -1, 23, int.MaxValue })
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => TinyModels.Logits(model, [1, id, 2]));
            Assert.Contains(id.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void A_new_adapter_changes_no_bit_and_a_trained_one_does(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(12);
        var plain = TinyModels.Logits(model, ids);
        var adapters = TinyModels.AddAdapters(model, rank: 3, scale: 2, zero: true);
        Assert.Equal(plain, TinyModels.Logits(model, ids));
        adapters.Parameters.First(p => p.Path.EndsWith("/b", StringComparison.Ordinal)).Value.SetValue(0, 0.5);
        Assert.NotEqual(plain, TinyModels.Logits(model, ids));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_layer_with_an_adapter_is_the_layer_of_the_summed_weight(string family)
    {
        var adapted = TinyModels.Build(family, TinyModels.Reference, train: false);
        TinyModels.AddAdapters(adapted, rank: 2, scale: 0.5f);
        var merged = TinyModels.Build(family, TinyModels.Reference);
        foreach (var (a, m) in TinyModels.Linears(adapted).Zip(TinyModels.Linears(merged)))
            Merge(a.Adapter!, m.Weight.Value);
        TinyModels.Close(TinyModels.Logits(merged, TinyModels.Ids(12)), TinyModels.Logits(adapted, TinyModels.Ids(12)), 1e-12, "W + scale B A");
    }

    [Fact]
    public void An_adapter_of_another_layer_is_refused()
    {
        var model = (Gpt)TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        var adapter = new LowRankAdapter(new ParameterStore(TinyModels.Cpu).Root, model.Blocks[0].Attention.Key.Weight, rank: 2, scale: 1);
        var error = Assert.Throws<ArgumentException>(() => model.Blocks[1].Attention.Key.Adapter = adapter);
        Assert.Equal("the adapter with A (2, 20) and B (20, 2) is for blocks/0/attention/key/weight (20, 20), not for blocks/1/attention/key/weight (20, 20)",
            error.Message);
    }

    static void Merge(LowRankAdapter adapter, Tensor w)
    {
        int rank = adapter.A.Shape[0], inputs = adapter.A.Shape[1];
        for (var o = 0; o < w.Shape[0]; o++)
        {
            for (var i = 0; i < inputs; i++)
            {
                var sum = w.Value(o * inputs + i);
                for (var r = 0; r < rank; r++)
                    sum += adapter.Scale * adapter.B.Value.Value(o * rank + r) * adapter.A.Value.Value(r * inputs + i);
                w.SetValue(o * inputs + i, sum);
            }
        }
    }

    /// <summary>The loss of a fixed batch, followed by all gradients.</summary>
    static double[] Step(ICausalModel model, RandomKey? random = null, int[]? targets = null, int? pieceRows = null)
    {
        var device = model.Parameters.Device;
        model.Parameters.ClearGradients();
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = Batch.Of(device, TinyModels.Ids(25), 25);
        if (random is { } key)
            batch = batch.With(key);
        var expected = device.From(targets ?? TinyModels.Ids(25, site: 8));
        var loss = pieceRows is { } rows ? CausalLoss.Loss(model, batch, expected, -1, 0, 0, wholeLimit: 0, rows) : model.Loss(batch, expected);
        tape.Backward(loss);
        model.Parameters.CompleteGradients();
        return [loss.Item(), .. model.Parameters.Gradients.ToDoubles()];
    }
}
