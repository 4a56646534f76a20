using System.Globalization;
using Nonet.Data;
using Nonet.Models;
using Nonet.Recipes;
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
        WriteTexts(temporary["texts"]);
        Train(Folder, steps: 5, threads: 2);
    }

    /// <summary>The run folder.</summary>
    public string Folder => temporary["run"];
    public string this[string name] => temporary[name];
    public string Texts => temporary["texts"];

    public PretrainResult Train(string folder, int steps, int threads)
    {
        using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = Texts }], Validation = 0.25 }, new ByteTokenizer(), this["tokens"]);
        return Pretrain.Run(new PretrainOptions
        {
            Llama = new LlamaConfig { Vocab = new ByteTokenizer().Vocab, Context = 32, Layers = 2, Width = 32, Heads = 4, KvHeads = 2, Hidden = 64 },
            Batch = 3,
            Steps = steps,
            Warmup = 1,
            AdamW = new AdamWOptions { Beta2 = 0.99 },
            EvaluateEvery = 2,
            SaveEvery = 2,
        }, text, new RunOptions { Out = folder, Threads = threads, Keep = 8 });
    }

    /// <summary>Eight files of plain sentences, about 2 KB each.</summary>
    public static void WriteTexts(string folder)
    {
        string[] words = ["the", "whale", "sea", "ship", "captain", "saw", "old", "white", "sailed", "and", "night", "wind"];
        Directory.CreateDirectory(folder);
        for (var file = 0; file < 8; file++)
        {
            var text = Enumerable.Range(0, 400).Select(i => words[Tensors.Philox.Below(new Tensors.RandomKey(5, 0, (uint)file), (ulong)i, words.Length)]);
            File.WriteAllText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{file}.txt")), string.Join(' ', text) + ".\n");
        }
    }

    /// <summary>Every file of a checkpoint, name and bytes.</summary>
    public static (string Name, string Bytes)[] Bytes(string checkpoint) =>
        [.. Directory.GetFiles(checkpoint).Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))))];

    public void Dispose() => temporary.Dispose();
}
