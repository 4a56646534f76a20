using System.Text;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Inference;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Inference;
using Nonet.Text.Llama2c;

namespace Nonet.Tests.Text.Llama2c;

public sealed class Llama2cTokenizerTests : IDisposable
{
    const int Vocab = 262;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Marks, bytes, a space, b and a space with it.</summary>
    public static byte[] Sound()
    {
        string[] tokens = ["<unk>", "\n<s>\n", "\n</s>\n", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), " ", "b", " b"];
        return [.. BitConverter.GetBytes(6),
            .. tokens.SelectMany((t, i) =>
            (byte[])[.. BitConverter.GetBytes(-(float)i), .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(t)), .. Encoding.UTF8.GetBytes(t)])];
    }

    [Fact]
    public void Text_begins_with_the_mark_and_a_space()
    {
        var tokenizer = Llama2cTokenizer.Open(folder.Add("tok.bin", Sound()), Vocab);
        Assert.Equal((262, 2), (tokenizer.Vocab, tokenizer.EndOfText));
        Assert.Equal([1, 261, 3 + 'a', 259, 3 + 0xC3, 3 + 0xA9], tokenizer.Encode("ba é"));
        Assert.Equal("ba é", tokenizer.DecodeText(tokenizer.Encode("ba é")));
    }

    [Fact]
    public void A_file_that_does_not_fit_is_refused()
    {
        var path = folder.Add("tok.bin", Sound());
        string Refused(int vocab) => Assert.Throws<MalformedFileException>(() => Llama2cTokenizer.Open(path, vocab)).Message;
        Assert.Contains("which end before token 262", Refused(263), StringComparison.Ordinal);
        Assert.Contains("behind 261 tokens", Refused(261), StringComparison.Ordinal);
        folder.Add("tok.bin", Sound()[..^1]);
        Assert.Contains("token 261 of 2 bytes, of which the file has 1", Refused(Vocab), StringComparison.Ordinal);
        Assert.Contains("more than the 3 marks", Assert.Throws<NotSupportedException>(() => Llama2cTokenizer.Open(path, 3)).Message, StringComparison.Ordinal);
    }

    [Fact] // character vocabularies have no room for bytes
    public void A_vocabulary_without_bytes_is_read()
    {
        string[] tokens = ["<unk>", "\n<s>\n", "\n</s>\n", " ", "b", "a", " b", "ba"];
        byte[] content = [.. BitConverter.GetBytes(6),
            .. tokens.SelectMany((t, i) => (byte[])[.. BitConverter.GetBytes(-(float)i), .. BitConverter.GetBytes(t.Length), .. Encoding.UTF8.GetBytes(t)])];
        var tokenizer = Llama2cTokenizer.Open(folder.Add("tok.bin", content), tokens.Length);
        Assert.Equal([1, 6, 5, 0], tokenizer.Encode("ba\u00e9")); // of two merges the better one; what is not there is unknown
        Assert.Equal("baab", tokenizer.DecodeText(tokenizer.Encode("baab")));
    }

    [Fact]
    public void Stories260K_tells_its_story()
    {
        var checkpoint = SharedFolder.Find("data/weights/stories260K.bin");
        using var open = new LoadedModel(checkpoint, new CpuDevice(2));
        var text = Written.Text(open.Model, open.LoadTokenizer(), "", new GenerationOptions { MaxTokens = 40, Sampler = SamplerOptions.Greedy });
        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", text, StringComparison.Ordinal);
    }
}
