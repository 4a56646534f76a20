using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Fuzz.Making;
using Nonet.Recipes.Runs;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Fuzz.Readers;

/// <summary>run.json, state.json, metrics.jsonl and samples.jsonl of two runs beside each other, listed and compared.</summary>
sealed class RunFolders : Reader
{
    const string Run = """{"options": {"model": {"layers": 2, "width": 64}, "steps": 100, "schedule": null, "names": ["a", "b"]}, "model": "llama 2 x 64", "params": 123456, "started": "2026-01-02T03:04:05Z", "git_commit": "0123456789abcdef"}""";
    const string State = """{"state": "finished", "step": 100, "steps": 100, "message": "done", "updated": "2026-01-02T03:04:05Z"}""";

    const string Metrics = """
        {"step": 1, "loss": 5.5, "learning_rate": 0.001, "gradient_norm": 1.5, "tokens": 512, "training_s": 0.5, "tokens_per_s": 1024.5, "time": 1767323045.123}
        {"step": 2, "loss": 4.5, "learning_rate": 0.001, "gradient_norm": 1.25, "tokens": 1024, "training_s": 1, "tokens_per_s": 1024.5, "time": 1767323046.123}
        {"step": 2, "validation_loss": 4.25, "validation_bits_per_byte": 6.1, "scores": {"accuracy": 0.5}, "best": true, "time": 1767323046.5}
        {"step": 3, "rolled_back_from": 4, "reason": "a spike", "time": 1767323047}
        """;

    const string Samples = """{"step": 2, "prompt": "It was", "text": "It was the", "time": 1767323046.6}""" + "\n";

    public override string Name => "run folders";

    public override int Share => 6;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        foreach (var name in new[] { "one", "two" })
        {
            var inner = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            var damaged = sound || name == "two" ? -1 : dice.Below(5);
            Write(inner, "run.json", damaged == 0 ? JsonPart.Parse(Run).Damaged(dice) : SoundModels.Utf8(Run));
            Write(inner, "state.json", damaged == 1 ? JsonPart.Parse(State).Damaged(dice) : SoundModels.Utf8(State));
            Write(inner, "metrics.jsonl", damaged is 2 or 3 ? Lines(Metrics, dice) : SoundModels.Utf8(Metrics));
            Write(inner, "samples.jsonl", damaged == 4 ? Lines(Samples, dice) : SoundModels.Utf8(Samples));
        }
        var page = Path.Combine(folder, "page.html");
        return dice.OneIn(2) ? () => RunSummary.List(folder) : () =>
            RunComparison.Of([Path.Combine(folder, "one"), Path.Combine(folder, "two")]).WritePage(page);
    }

    /// <summary>Some lines damaged as JSON, and all as lines.</summary>
    public static byte[] Lines(string seed, Dice dice)
    {
        if (dice.OneIn(3))
            return TextDamage.Of(seed, dice);
        var lines = seed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var at = dice.Below(lines.Length);
        return [.. lines.SelectMany((l, i) => (byte[])[.. i == at ? JsonPart.Parse(l).Damaged(dice) : SoundModels.Utf8(l), (byte)'\n'])];
    }
}

/// <summary>A checkpoint of a run: training.json and optimizer.safetensors damaged, the checksums made to fit.</summary>
sealed class TrainingCheckpoint : Reader
{
    static readonly Lazy<Dictionary<string, byte[]>> seed = new(() => SoundModels.Made(folder =>
    {
        using var store = SoundModels.Filled(SoundModels.Llama);
        var optimizer = new AdamW(store, new AdamWOptions());
        var state = new TrainingState
        {
            Step = 3,
            Batches = 12,
            Tokens = 999,
            Seed = 1,
            Best = (4.5, 3),
            RecentLosses = [5.5, 4.5],
            Options = new JsonObject { ["steps"] = 100 }
        };
        Checkpoint.Save(new CheckpointFolder(folder), SoundModels.Llama, store, new ByteTokenizer(), optimizer, state);
    }).Where(f => f.Key.Contains("step-3", StringComparison.Ordinal)).ToDictionary(f => Path.GetFileName(f.Key), f => f.Value));

    public override string Name => "training checkpoints";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var which = sound ? "" : dice.Of("training.json", "training.json", "optimizer.safetensors", "SHA256SUMS", "model.safetensors");
        var sums = new List<string>();
        foreach (var (name, content) in seed.Value.Where(f => f.Key != "SHA256SUMS"))
        {
            var written = name != which ? content : name == "training.json" ? JsonPart.Parse(content).Damaged(dice) : Safetensors.Damaged(content, dice);
            Write(folder, name, written);
            sums.Add($"{Convert.ToHexStringLower(SHA256.HashData(written))}  {name}");
        }
        var text = string.Join('\n', sums) + "\n";
        Write(folder, "SHA256SUMS", which == "SHA256SUMS" ? TextDamage.Of(text, dice) : SoundModels.Utf8(text));
        return () =>
        {
            var checkpoint = Checkpoint.Open(folder);
            using var store = SoundModels.Filled(SoundModels.Llama);
            checkpoint.RestoreWeights(store, SoundModels.Llama);
            checkpoint.Restore(store, new AdamW(store, new AdamWOptions()));
        };
    }
}
