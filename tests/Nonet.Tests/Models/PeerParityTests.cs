using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Nonet.Formats;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

/// <summary>
/// Random models of transformers, opened and computed here. NONET_PEERS names the root of a tree with python3, torch and transformers, and
/// in its folder w the scripts hf_make.py (family, folder) and hf_logits.py (folder, ids, out.npy); they run under chroot.
/// </summary>
public class PeerParityTests
{
    const string Variable = "NONET_PEERS";

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Logits_and_greedy_text_are_those_of_transformers(string family)
    {
        var root = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(root), $"{Variable} is not set: it names the root of a tree with python3 and transformers");
        var name = $"nonet-{family}-{Guid.NewGuid():N}";
        var outside = Path.Combine(root!, "w", name);
        Directory.CreateDirectory(outside);
        try
        {
            Python(root!, "/w/hf_make.py", family, $"/w/{name}");
            var ids = TinyModels.Ids(100, vocab: 320);
            var printed = Python(root!, "/w/hf_logits.py", $"/w/{name}", string.Join(',', ids), $"/w/{name}/logits.npy");

            using var store = new ParameterStore(TinyModels.Cpu);
            var folder = HuggingFaceFolder.Open(outside);
            ICausalModel model = folder.Config is GptConfig gpt ? new Gpt(gpt, store.Root) : new Llama((LlamaConfig)folder.Config, store.Root);
            store.FillForInference(folder.Weights);
            TinyModels.Close(ReadNpy(Path.Combine(outside, "logits.npy")), TinyModels.Logits(model, ids), 1e-4, "logits");

            var greedy = printed.Split('\n').Single(line => line.StartsWith("greedy ", StringComparison.Ordinal))["greedy ".Length..];
            var options = new GenerationOptions { MaxTokens = 24, Sampler = SamplerOptions.Greedy };
            var text = new Generator(model).Tokens(ids, options, TestContext.Current.CancellationToken).Select(t => t.Id);
            Assert.Equal(JsonSerializer.Deserialize<int[]>(greedy)!, ids.Concat(text));
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    static string Python(string root, params string[] arguments)
    {
        var start = new ProcessStartInfo("chroot", [root, "python3", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: exit code {process.ExitCode}\n{errors.Result}");
        return output;
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
