using System.Buffers.Binary;
using System.Text;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Llama2c;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Inference;

namespace Nonet.Tests.Checkpoints.Llama2c;

public sealed class Llama2cFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Width 4, hidden 3, 2 layers, 2 heads, 1 key head, 5 tokens, context 6; each float its own number.</summary>
    public static byte[] Checkpoint(bool tied)
    {
        int[] header = [4, 3, 2, 2, 1, tied ? 5 : -5, 6];
        const int Shared = 5 * 4 + 2 * (4 + 16 + 8 + 8 + 16 + 4 + 12 + 12 + 12) + 4 + 2 * 6;
        var bytes = new byte[28 + 4 * (Shared + (tied ? 0 : 20))];
        for (var i = 0; i < 7; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), header[i]);
        for (var i = 28; i < bytes.Length; i += 4)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i), i / 4 - 7);
        return bytes;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tensors_lie_by_kind_and_then_by_layer(bool tied)
    {
        File.WriteAllBytes(folder["x.bin"], Checkpoint(tied));
        var file = Llama2cFile.Open(folder["x.bin"]);
        Assert.Equal(new LlamaConfig
        {
            Vocab = 5,
            Context = 6,
            Layers = 2,
            Width = 4,
            Heads = 2,
            KvHeads = 1,
            Hidden = 3,
            RopeLayout = RopeLayout.Interleaved,
            Tied = tied
        }, file.Config);
        using var scope = new TensorScope();
        double First(string name) => file.Tensors[name].Read(Models.TinyModels.Cpu).Value(0);
        Assert.Equal(0, First("tokens/weight"));
        Assert.Equal(20 + 4, First("blocks/1/attention_norm/weight"));
        Assert.Equal(20 + 8 + 16, First("blocks/1/attention/query/weight"));
        Assert.Equal(20 + 8 + 32, First("blocks/0/attention/key/weight"));
        Assert.Equal(20 + 8 + 32 + 16 + 8, First("blocks/1/attention/value/weight"));
        Assert.Equal(20 + 8 + 32 + 16 + 16 + 32 + 8, First("blocks/0/feed_forward/gate/weight"));
        Assert.Equal(20 + 8 + 32 + 16 + 16 + 32 + 8 + 24, First("blocks/0/feed_forward/down/weight"));
        Assert.Equal(20 + 8 + 32 + 16 + 16 + 32 + 8 + 48, First("blocks/0/feed_forward/up/weight"));
        Assert.Equal(20 + 8 + 32 + 16 + 16 + 32 + 8 + 72, First("norm/weight"));
        if (!tied)
            Assert.Equal(20 + 8 + 32 + 16 + 16 + 32 + 8 + 72 + 4 + 12, First("output/weight"));
        using var store = new ParameterStore(Models.TinyModels.Cpu);
        file.Config.Create(store.Root);
        store.FillForInference(file.Weights);
    }

    [Fact]
    public void What_is_no_checkpoint_is_named()
    {
        string Message(byte[] bytes)
        {
            File.WriteAllBytes(folder["x.bin"], bytes);
            return Assert.Throws<MalformedFileException>(() => Llama2cFile.Open(folder["x.bin"])).Message;
        }

        Assert.Contains("at least 28 bytes", Message(new byte[27]), StringComparison.Ordinal);
        Assert.Contains("each from 1 to 2^24", Message(new byte[28]), StringComparison.Ordinal);
        Assert.Contains("is the file truncated", Message(Checkpoint(true)[..^4]), StringComparison.Ordinal);
        var odd = Checkpoint(true);
        odd[12] = 3; // heads
        Assert.Contains("a multiple of", Message(odd), StringComparison.Ordinal);
        File.WriteAllBytes(folder["x.bin"], [0x32, 0x34, 0x6b, 0x61, 1, 0, 0, 0, .. new byte[40]]);
        Assert.Contains("version 1", Assert.Throws<NotSupportedException>(() => Llama2cFile.Open(folder["x.bin"])).Message, StringComparison.Ordinal);
    }

    [Fact] // the text that its authors give
    public void Stories_260K_tells_its_story()
    {
        var weights = SharedFolder.Find("data/weights");
        using var open = new LoadedModel(Path.Combine(weights, "stories260K.bin"), new CpuDevice(1));
        var pieces = Pieces(Path.Combine(weights, "tok512.bin"), open.Model.Vocab);
        var ids = Written.Ids(open.Decoder, [1], new GenerationOptions { MaxTokens = 60, Sampler = SamplerOptions.Greedy });
        var text = string.Concat(ids.Select(id => pieces[id]));
        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", text.TrimStart(),
            StringComparison.Ordinal);
    }

    /// <summary>int32 longest piece, then of each: float32 score, int32 length, bytes.</summary>
    static string[] Pieces(string file, int count)
    {
        var bytes = File.ReadAllBytes(file);
        var (pieces, at) = (new string[count], 4);
        for (var i = 0; i < count; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4));
            pieces[i] = Encoding.UTF8.GetString(bytes, at + 8, length);
            at += 8 + length;
        }
        return pieces;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_is_written_as_it_was_read(bool tied)
    {
        var path = folder.Add("a.bin", Checkpoint(tied));
        var file = Llama2cFile.Open(path);
        using var store = new ParameterStore(Models.TinyModels.Cpu);
        file.Config.Create(store.Root);
        store.FillForInference(file.Weights);
        Llama2cWriter.Save(folder["b.bin"], file.Config, store);
        var rotary = 4 * file.Config.Context * file.Config.HeadSize;
        var (before, after) = (File.ReadAllBytes(path), File.ReadAllBytes(folder["b.bin"]));
        var table = before.Length - rotary - (tied ? 0 : 4 * file.Config.Vocab * file.Config.Width);
        Assert.Equal(before[..table], after[..table]);
        Assert.Equal(before[(table + rotary)..], after[(table + rotary)..]);
        Assert.Equal(1f, BitConverter.ToSingle(after, table)); // cos 0
    }

    [Fact]
    public void What_the_format_cannot_say_is_refused()
    {
        var file = Llama2cFile.Open(folder.Add("a.bin", Checkpoint(tied: true)));
        using var store = new ParameterStore(Models.TinyModels.Cpu);
        file.Config.Create(store.Root);
        string Refused(ModelConfig config) => Assert.Throws<NotSupportedException>(() => Llama2cWriter.Save(folder["b.bin"], config, store)).Message;
        Assert.Contains("no field for a rotary base of 5000", Refused(file.Config with { RopeBase = 5000 }), StringComparison.Ordinal);
        Assert.Contains("holds a llama, not a gpt2", Refused(new GptConfig { Vocab = 9 }), StringComparison.Ordinal);
    }
}
