using Nonet.Data;
using Nonet.Models.Decoders;
using Nonet.Recipes;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Cli.Tests;

/// <summary>A folder of texts, and a small LLaMA trained on it for some steps.</summary>
sealed class TinyRun : IDisposable
{
    readonly TemporaryFolder temporary = new();

    /// <summary>Five steps; saved after 2, 4 and 5.</summary>
    public TinyRun()
    {
        TextFiles.Write(temporary["texts"]);
        Train(Folder, steps: 5, threads: 2);
    }

    /// <summary>The run folder.</summary>
    public string Folder => temporary["run"];
    public string this[string name] => temporary[name];
    public string Texts => temporary["texts"];

    public TrainingResult Train(string folder, int steps, int threads)
    {
        using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = Texts }], Validation = 0.25 }, new ByteTokenizer(),
            this["tokens"]);
        return Pretrain.Run(new PretrainOptions
        {
            Model = new LlamaConfig { Vocab = new ByteTokenizer().Vocab, Context = 32, Layers = 2, Width = 32, Heads = 4, KvHeads = 2, Hidden = 64 },
            Batch = 3,
            Steps = steps,
            Warmup = 1,
            AdamW = new AdamWOptions { Beta2 = 0.99 },
            EvaluateEvery = 2,
            SaveEvery = 2,
        }, text, new CpuDevice(threads), new RunOptions { Out = folder, Threads = threads, Keep = 8 });
    }

    /// <summary>Every file of a checkpoint, name and bytes.</summary>
    public static (string Name, string Bytes)[] Bytes(string checkpoint) =>
        [.. Directory.GetFiles(checkpoint).Order(StringComparer.Ordinal)
            .Select(f => (Path.GetFileName(f), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))))];

    public void Dispose() => temporary.Dispose();
}
