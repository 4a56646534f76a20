using System.Runtime.InteropServices;
using System.Text.Json;
using Nonet.Formats;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

/// <summary>Random models of transformers, opened and computed here.</summary>
public class PeerParityTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Logits_and_greedy_text_are_those_of_transformers(string family)
    {
        using var peer = new Peer();
        peer.Python("/w/hf_make.py", family, peer.Inside);
        var ids = TinyModels.Ids(100, vocab: 320);
        var printed = peer.Python("/w/hf_logits.py", peer.Inside, string.Join(',', ids), $"{peer.Inside}/logits.npy");

        using var store = new ParameterStore(TinyModels.Cpu);
        var folder = HuggingFaceFolder.Open(peer.Folder);
        ICausalModel model = folder.Config is GptConfig gpt ? new Gpt(gpt, store.Root) : new Llama((LlamaConfig)folder.Config, store.Root);
        store.FillForInference(folder.Weights);
        TinyModels.Close(ReadNpy(Path.Combine(peer.Folder, "logits.npy")), TinyModels.Logits(model, ids), 1e-4, "logits");

        var greedy = printed.Split('\n').Single(line => line.StartsWith("greedy ", StringComparison.Ordinal))["greedy ".Length..];
        var options = new GenerationOptions { MaxTokens = 24, Sampler = SamplerOptions.Greedy };
        var text = new Generator(model).Tokens(ids, options, TestContext.Current.CancellationToken).Select(t => t.Id);
        Assert.Equal(JsonSerializer.Deserialize<int[]>(greedy)!, ids.Concat(text));
    }

    /// <summary>Values of a .npy file of F32 in row order: version 1 has the length of its header in bytes 8 and 9.</summary>
    static double[] ReadNpy(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var header = System.Text.Encoding.ASCII.GetString(bytes, 10, BitConverter.ToUInt16(bytes, 8));
        Assert.Contains("'descr': '<f4', 'fortran_order': False", header, StringComparison.Ordinal);
        return [.. MemoryMarshal.Cast<byte, float>(bytes.AsSpan(10 + header.Length)).ToArray().Select(v => (double)v)];
    }
}
