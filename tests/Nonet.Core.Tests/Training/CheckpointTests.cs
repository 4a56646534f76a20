using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Tests.Training;

public class CheckpointTests
{
    static readonly TrainingState State = new() { Step = 3, Batches = 3, Seed = 3, Options = new JsonObject { ["steps"] = 5 } };

    /// <summary>Trains some steps from a cursor on.</summary>
    static void Train(TinyLlama tiny, AdamW optimizer, BatchSource batches, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = new TensorScope();
            var (batch, targets) = MicroBatch.Read(batches, step, tiny.Device);
            MicroBatch.Backward(tiny.Model, batch, targets, targets.Count);
            optimizer.Step(1e-2, clip: 1);
        }
    }

    static string Save(TemporaryFolder temporary)
    {
        using var tiny = new TinyLlama();
        using var text = TinyLlama.Text(temporary["text.tokens"], 20);
        using var optimizer = new AdamW(tiny.Parameters);
        Train(tiny, optimizer, new BatchSource(text, 16, 4, seed: 1), 0, 3);
        return Checkpoint.Save(new CheckpointFolder(temporary["checkpoints"]), TinyLlama.Config, tiny.Parameters, new ByteTokenizer(), optimizer, State);
    }

    [Fact]
    public void A_restored_run_goes_on_with_the_same_bits()
    {
        using var temporary = new TemporaryFolder();
        var checkpoint = Checkpoint.Open(Save(temporary));
        using var text = TokenFile.Open(temporary["text.tokens"]);
        var batches = new BatchSource(text, 16, 4, seed: 1);

        using var straight = new TinyLlama();
        using var straightOptimizer = new AdamW(straight.Parameters);
        Train(straight, straightOptimizer, batches, 0, 6);

        using var resumed = new TinyLlama(threads: 3, checkpoint.Weights);
        using var resumedOptimizer = new AdamW(resumed.Parameters);
        checkpoint.Restore(resumed.Parameters, resumedOptimizer);
        Assert.Equal(3, resumedOptimizer.Steps);
        Train(resumed, resumedOptimizer, batches, 3, 6);

        Assert.True(straight.Parameters.Masters.AsSpan<float>().SequenceEqual(resumed.Parameters.Masters.AsSpan<float>()));
        Assert.True(straightOptimizer.SecondMoments.AsSpan<float>().SequenceEqual(resumedOptimizer.SecondMoments.AsSpan<float>()));
    }

    [Fact]
    public void It_is_a_Hugging_Face_folder()
    {
        using var temporary = new TemporaryFolder();
        var saved = Save(temporary);
        Assert.Equal(TinyLlama.Config, HuggingFaceFolder.Open(saved).Config);
        Assert.IsType<ByteTokenizer>(Tokenizer.Load(saved));
    }

    [Theory]
    [InlineData("model.safetensors"), InlineData("optimizer.safetensors"), InlineData("training.json"), InlineData("config.json"), InlineData("tokenizer.json")]
    public void A_file_changed_or_truncated_is_named(string name)
    {
        using var temporary = new TemporaryFolder();
        var saved = Save(temporary);
        var file = Path.Combine(saved, name);
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Contains($"{file} was changed", Assert.Throws<CheckpointException>(() => Checkpoint.Open(saved)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(file, bytes[..^1]);
        Assert.Contains($"{file} was changed or truncated: its {bytes.Length - 1} bytes",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(saved)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_checkpoint_is_named()
    {
        using var temporary = new TemporaryFolder();
        Assert.Contains(temporary.Path, Assert.Throws<CheckpointException>(() => Checkpoint.Open(temporary.Path)).Message, StringComparison.Ordinal);
    }
}
