using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Quantization;
using Nonet.Tests.Models;
using Nonet.Text;

namespace Nonet.Tests.Checkpoints.Gguf;

public sealed class QuantizationMixTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly QuantizationMix.Model deep = new(22, 8, 1, HasOutput: true);

    static string TypeOf(string mix, string tensor, long width = 2048) => QuantizationMix.Named(mix)!.TypeOf(tensor, width, deep);

    [Theory] // as llama-quantize chose for a LLaMA of 22 layers
    [InlineData("Q4_K_M", "output.weight", "Q6_K"), InlineData("Q4_K_M", "token_embd.weight", "Q4_K"), InlineData("Q4_K_M", "blk.3.attn_q.weight", "Q4_K")]
    [InlineData("Q4_K_M", "blk.0.attn_v.weight", "Q6_K"), InlineData("Q4_K_M", "blk.2.ffn_down.weight", "Q4_K"),
        InlineData("Q4_K_M", "blk.4.ffn_down.weight", "Q6_K"), InlineData("Q4_K_M", "blk.20.attn_v.weight", "Q6_K")]
    [InlineData("Q4_K_S", "blk.3.attn_v.weight", "Q5_K"), InlineData("Q4_K_S", "blk.4.attn_v.weight", "Q4_K"),
        InlineData("Q4_K_S", "blk.1.ffn_down.weight", "Q5_K")]
    [InlineData("Q3_K_M", "blk.1.attn_v.weight", "Q5_K"), InlineData("Q3_K_M", "blk.2.attn_output.weight", "Q4_K"),
        InlineData("Q3_K_M", "blk.0.ffn_down.weight", "Q5_K"), InlineData("Q3_K_M", "blk.2.ffn_down.weight", "Q4_K")]
    [InlineData("Q2_K", "blk.2.attn_v.weight", "Q4_K"), InlineData("Q2_K", "blk.2.ffn_down.weight", "Q3_K"),
        InlineData("IQ4_NL", "blk.2.attn_v.weight", "Q5_K"), InlineData("IQ4_NL", "blk.1.ffn_down.weight", "Q5_K")]
    [InlineData("Q8_0", "output.weight", "Q8_0"), InlineData("Q4_0", "output.weight", "Q6_K"), InlineData("q4_k", "blk.0.attn_v.weight", "Q6_K"),
        InlineData("BF16", "output.weight", "BF16")]
    public void Each_matrix_has_the_type_that_llama_cpp_gives_it(string mix, string tensor, string type) => Assert.Equal(type, TypeOf(mix, tensor));

    [Theory] // 96 is no multiple of 256, 40 none of 32
    [InlineData("Q4_K_M", 96, "Q5_0"), InlineData("Q5_K_S", 96, "Q5_1"), InlineData("Q6_K", 96, "Q8_0"), InlineData("Q2_K_S", 96, "IQ4_NL"),
        InlineData("Q3_K_S", 96, "IQ4_NL"), InlineData("Q4_0", 40, "F16"), InlineData("Q4_K_M", 40, "F16")]
    public void A_width_that_no_block_divides_falls_back(string mix, int width, string type) => Assert.Equal(type, TypeOf(mix, "blk.9.attn_q.weight", width));

    [Fact]
    public void A_tied_table_has_the_type_of_an_output() =>
        Assert.Equal("Q6_K", QuantizationMix.Named("Q4_K_M")!.TypeOf("token_embd.weight", 2048, deep with { HasOutput = false }));

    [Fact]
    public void Every_mix_is_opened_again_and_computes_as_its_decoded_weights_do()
    {
        var config = new LlamaConfig { Vocab = 300, Context = 64, Layers = 2, Width = 256, Heads = 4, KvHeads = 2, Hidden = 512 };
        using var store = TinyModels.Filled((ICausalModel)config.Create(new ParameterStore(TinyModels.Cpu).Root)).Parameters;
        int[] ids = [.. Enumerable.Range(0, 12).Select(i => i * 23 % 300)];
        foreach (var mix in QuantizationMix.All)
        {
            var written = new List<WrittenTensor>();
            GgufModel.Save(folder["x.gguf"], config, store, new ByteTokenizer(), mix.Name, progress: new Kept(written),
                stopping: TestContext.Current.CancellationToken);
            Assert.Equal(1, written[^1].Share);
            Assert.All(written, t => Assert.True(t.RelativeRmse < (mix.Name.StartsWith("Q2", StringComparison.Ordinal) ? 0.4 : 0.25), $"{mix.Name}: {t}"));
            Assert.All(written, t => Assert.Equal(t.Type == "F32", t.Rmse == 0));
            using var open = new LoadedModel(folder["x.gguf"], new CpuDevice(2));
            GgufModel.Save(folder["decoded.gguf"], open.Config, open.Model.Parameters, new ByteTokenizer(), "F32",
                stopping: TestContext.Current.CancellationToken);
            using var decoded = new LoadedModel(folder["decoded.gguf"], new CpuDevice(2));
            var (logits, want) = (TinyModels.Logits(open.Decoder, ids), TinyModels.Logits(decoded.Decoder, ids));
            var difference = Math.Sqrt(logits.Zip(want, (a, b) => (a - b) * (a - b)).Sum() / want.Sum(b => b * b));
            Assert.True(difference < 0.2, $"{mix.Name}: {difference}"); // the rounding of activations; with a row in the wrong place it is about 1
        }
    }

    [Fact]
    public void A_block_with_a_scale_of_NaN_is_named()
    {
        var config = new LlamaConfig { Vocab = 300, Context = 64, Layers = 1, Width = 256, Heads = 4, KvHeads = 2, Hidden = 512 };
        using var store = TinyModels.Filled((ICausalModel)config.Create(new ParameterStore(TinyModels.Cpu).Root)).Parameters;
        foreach (var format in QuantizedFormats.All)
        {
            var mix = QuantizationMix.All.FirstOrDefault(m => m.Name == format.Name || m.Name == format.Name + "_S" && format.Name != "Q2_K")!;
            GgufModel.Save(folder["x.gguf"], config, store, new ByteTokenizer(), mix.Name, stopping: TestContext.Current.CancellationToken);
            var bytes = File.ReadAllBytes(folder["x.gguf"]);
            bytes.AsSpan(bytes.Length / 2, 30_000).Fill(0xff); // within a matrix
            File.WriteAllBytes(folder["x.gguf"], bytes);
            var message = Assert.Throws<Nonet.Files.MalformedFileException>(() => new LoadedModel(folder["x.gguf"], new CpuDevice(1))).Message;
            Assert.Contains("has a scale that is infinite or a NaN", message, StringComparison.Ordinal);
            Assert.Contains("x.gguf", message, StringComparison.Ordinal);
        }
    }

    sealed class Kept(List<WrittenTensor> tensors) : IProgress<WrittenTensor>
    {
        public void Report(WrittenTensor value) => tensors.Add(value);
    }
}
