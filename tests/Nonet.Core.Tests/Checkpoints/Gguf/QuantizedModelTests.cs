using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Gguf;
using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Checkpoints.Gguf;

/// <summary>Models whose matrices are Q8_0 in their file and are computed with as they lie there.</summary>
public sealed class QuantizedModelTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Families => ["llama", "llama tied, explicit heads", "qwen2", "qwen3", "gpt2", "phi3", "gemma2", "gemma3"];

    static readonly int[] ids = [.. Enumerable.Range(0, 12).Select(i => i * 23 % 257)];

    string Write(string family)
    {
        using var store = TinyModels.Filled((ICausalModel)GgufShapes.All[family].Create(new ParameterStore(TinyModels.Cpu).Root)).Parameters;
        GgufModel.Save(folder["x.gguf"], GgufShapes.All[family], store, new ByteTokenizer(), "Q8_0", stopping: TestContext.Current.CancellationToken);
        return folder["x.gguf"];
    }

    [Theory, MemberData(nameof(Families))]
    public void It_computes_what_the_decoded_weights_do_up_to_the_rounding_of_activations(string family)
    {
        using var open = new LoadedModel(Write(family), new CpuDevice(2));
        Assert.All(open.Model.Parameters.Parameters, p =>
            Assert.Equal(p.Shape.Rank == 1 || p.Path.Contains("positions", StringComparison.Ordinal) ? DType.F32 : DType.Q8_0, p.Value.DType));
        HuggingFaceFolder.Save(folder["decoded"], open.Config, open.Model.Parameters, new ByteTokenizer());
        using var decoded = new LoadedModel(folder["decoded"], new CpuDevice(2));
        Assert.All(decoded.Model.Parameters.Parameters, p => Assert.Equal(DType.F32, p.Value.DType));
        var (ours, theirs) = (TinyModels.Logits(open.Decoder, ids), TinyModels.Logits(decoded.Decoder, ids));
        Assert.NotEqual(theirs, ours);
        var difference = Math.Sqrt(ours.Zip(theirs, (a, b) => (a - b) * (a - b)).Sum() / theirs.Sum(b => b * b));
        Assert.True(difference < 0.1, $"{difference}"); // narrow models of large weights; with a row in the wrong place it is about 1
    }

    [Fact]
    public void What_is_written_again_as_Q8_0_is_the_same_file()
    {
        foreach (var family in new[] { "llama", "phi3", "gpt2", "gemma2" })
        {
            using var open = new LoadedModel(Write(family), new CpuDevice(1));
            GgufModel.Save(folder["y.gguf"], open.Config, open.Model.Parameters, open.LoadTokenizer(), "Q8_0", stopping: TestContext.Current.CancellationToken);
            Assert.Equal(File.ReadAllBytes(folder["x.gguf"]), File.ReadAllBytes(folder["y.gguf"]));
        }
    }

    [Fact]
    public void Converted_it_holds_the_decoded_values()
    {
        using var open = new LoadedModel(Write("qwen2"), new CpuDevice(1));
        GgufModel.Save(folder["y.gguf"], open.Config, open.Model.Parameters, open.LoadTokenizer(), "F32", stopping: TestContext.Current.CancellationToken);
        using var plain = new LoadedModel(folder["y.gguf"], new CpuDevice(1));
        foreach (var (p, q) in open.Model.Parameters.Parameters.Zip(plain.Model.Parameters.Parameters))
        {
            Assert.Equal(DType.F32, q.Value.DType);
            Assert.Equal(p.Value.ToDoubles(), q.Value.ToDoubles());
        }
    }

    [Fact]
    public void Training_starts_from_the_decoded_values()
    {
        var file = GgufModel.Open(Write("qwen2"));
        using var store = new ParameterStore(TinyModels.Cpu);
        file.Config.Create(store.Root);
        store.FillForTraining(1, file.Weights);
        using var scope = new TensorScope();
        foreach (var p in store.Parameters)
            Assert.Equal(file.Weights.Find(p, TinyModels.Cpu)!.ToDoubles(), p.Value.ToDoubles());
    }

    [Fact]
    public void A_few_tokens_at_a_time_give_the_bits_of_all_at_once()
    {
        using var open = new LoadedModel(Write("gpt2"), new CpuDevice(2));
        var linear = open.Model.Parameters.Parameters.Select(p => p.Layer).OfType<Linear>().First();
        using var scope = new TensorScope();
        var x = open.Device.Empty(new Shape(7, 64));
        open.Device.FillNormal(x, 0, 1, new RandomKey(1, 0, 0));
        var all = linear.Forward(x).ToDoubles();
        for (var row = 0; row < 7; row++)
            Assert.Equal(all[(row * 64)..(row * 64 + 64)], linear.Forward(Ops.Slice(x, 0, row, 1)).ToDoubles());
    }

    [Fact]
    public void An_adapter_trains_and_runs_on_it_and_is_not_merged_into_it()
    {
        using var open = new LoadedModel(Write("qwen2"), new CpuDevice(2));
        var bare = TinyModels.Logits(open.Decoder, ids);
        using var adapter = PeftAdapter.Attach(open.Model, rank: 2, alpha: 4, ["matrix"]);
        foreach (var p in adapter.Parameters.Parameters)
            p.Value.Device.FillNormal(p.Value, 0, 0.1, new RandomKey(2, 0, 0).At(p.Path));
        Assert.NotEqual(bare, TinyModels.Logits(open.Decoder, ids));
        using (var scope = new TensorScope())
        {
            using var tape = new Tape();
            tape.Backward(((ICausalModel)open.Model).Loss(Batch.Of(open.Device, [ids[..^1]]), open.Device.From(ids.AsSpan(1))));
            Assert.All(adapter.Parameters.Parameters, p => Assert.Contains(p.Value.Gradient!.ToDoubles(), g => g != 0));
        }
        var message = Assert.Throws<NotSupportedException>(adapter.Merge).Message;
        Assert.Contains("blocks/0/attention/key/weight (32, 64) is Q8_0", message, StringComparison.Ordinal);
        Assert.Contains("nonet merge", message, StringComparison.Ordinal);
        Assert.False(adapter.IsMerged);
        adapter.Dispose();
        Assert.Equal(bare, TinyModels.Logits(open.Decoder, ids));
    }
}
