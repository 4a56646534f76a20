using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text.WordPiece;

namespace Nonet.Recipes.Tests.FineTuning;

/// <summary>A BERT of drawn weights and tasks that it can learn, in files.</summary>
sealed class TinyBert : IDisposable
{
    static readonly string[] words = ["the", "sea", "ship", "captain", "saw", "old", "sailed", "night", "red", "green", "whale", "what", "color"];

    public TinyBert() => Save("base", Config);

    public TemporaryFolder Folder { get; } = new();

    public static BertConfig Config =>
        new() { Vocab = 80, Context = 48, Layers = 1, Width = 24, Heads = 2, Hidden = 48, Head = ModelHead.PreTraining, Dropout = 0, AttentionDropout = 0 };

    public void Dispose() => Folder.Dispose();

    /// <summary>Draws a model and writes it with a tokenizer.</summary>
    public string Save(string name, ModelConfig config)
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        config.Create(store.Root);
        store.FillForTraining(3);
        var tokenizer = new WordPieceTrainerOptions { Vocab = 80, MinFrequency = 1 }.Train(Enumerable.Repeat(string.Join(' ', words), 9), threads: 1);
        HuggingFaceFolder.Save(Folder[name], config, store, tokenizer);
        return Folder[name];
    }

    public FineTuneRecipe Recipe(string task, string file, params string[] overrides) => (FineTuneRecipe)TrainingRecipe.Read("tiny.yaml", $"""
        task: {task}
        from: {Folder["base"]}
        data: {"{train: {path: " + Folder[file] + "}, held_out: 0.2}"}
        training: {"{epochs: 12, batch: 8, learning_rate: 0.01}"}
        run: {"{report_every: 1}"}
        """, overrides);

    /// <summary>Trains, and returns what was told.</summary>
    public Watching Train(FineTuneRecipe recipe, string run = "run")
    {
        var watching = new Watching();
        Texts.Train(recipe, Folder[run], progress: watching);
        return watching;
    }

    /// <summary>Some words without the whale, the colors and what asks for them.</summary>
    static string[] Some(int item, int count) =>
        [.. Enumerable.Range(0, count).Select(w => words[Philox.Below(new RandomKey(11, 0, (uint)item), (ulong)w, 8)])];

    /// <summary>Some words with one put in at a place that the item decides.</summary>
    static string[] With(int item, int count, string word)
    {
        var some = Some(item, count).ToList();
        some.Insert(Philox.Below(new RandomKey(12, 0, (uint)item), 0, count), word);
        return [.. some];
    }

    /// <summary>Sentences, of which every second has a whale, and that is the label.</summary>
    public string Labelled(string name = "labelled.tsv", int count = 96)
    {
        File.WriteAllLines(Folder[name],
            Enumerable.Range(0, count).Select(i => i % 2 == 0 ? $"{string.Join(' ', With(i, 4, "whale"))}\tyes" : $"{string.Join(' ', Some(i, 5))}\tno")
            .Prepend("sentence\tlabel"));
        return name;
    }

    /// <summary>Sentences with the number of whales in them, 0 to 3.</summary>
    public string Numbered()
    {
        File.WriteAllLines(Folder["numbered.tsv"],
            Enumerable.Range(0, 96).Select(i => $"{string.Join(' ', Some(i, 5 - i % 4).Concat(Enumerable.Repeat("whale", i % 4)))}\t{i % 4}")
            .Prepend("sentence\tlabel"));
        return "numbered.tsv";
    }

    /// <summary>Sentences of which each color is an entity.</summary>
    public string Tagged(string name = "tagged.conll")
    {
        File.WriteAllLines(Folder[name], Enumerable.Range(0, 64).SelectMany(i =>
            With(i, 4, i % 2 == 0 ? "red" : "green").Select(w => $"{w} {(w is "red" or "green" ? "B-COLOR" : "O")}").Append("")));
        return name;
    }

    /// <summary>Passages with a color that is asked for; every so many without one.</summary>
    public string Passages(int? unanswered = null, string name = "passages.jsonl")
    {
        File.WriteAllLines(Folder[name], Enumerable.Range(0, 80).Select(i =>
        {
            var color = i % 2 == 0 ? "red" : "green";
            var none = i % unanswered == 0;
            var context = string.Join(' ', none ? Some(i, 6) : With(i, 5, color));
            var answers = none ? "{\"text\": [], \"answer_start\": []}"
                : $"{{\"text\": [\"{color}\"], \"answer_start\": [{context.IndexOf(color, StringComparison.Ordinal)}]}}";
            return $"{{\"id\": \"q{i}\", \"context\": \"{context}\", \"question\": \"what color\", \"answers\": {answers}}}";
        }));
        return name;
    }

    /// <summary>Two choices, of which the one with the whale is right.</summary>
    public string Choices()
    {
        File.WriteAllLines(Folder["choices.jsonl"], Enumerable.Range(0, 64).Select(i =>
        {
            string[] texts = [string.Join(' ', With(i, 2, "whale")), string.Join(' ', Some(i + 1000, 3))];
            return $"{{\"prompt\": \"{string.Join(' ', Some(i + 2000, 2))}\", \"choices\": [\"{texts[i % 2]}\", \"{texts[1 - i % 2]}\"], \"label\": {i % 2}}}";
        }));
        return "choices.jsonl";
    }
}
