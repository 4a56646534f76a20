using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Training;

namespace Nonet.Tests.Checkpoints;

public class CheckpointFolderTests
{
    static void Write(string folder) => File.WriteAllText(Path.Combine(folder, "model.bin"), "weights of " + Path.GetFileName(folder));

    static string[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_saved_checkpoint_is_whole_and_pointed_to()
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary["checkpoints"]);
        Assert.Null(folder.Last);
        var saved = folder.Save(5, best: true, Write);
        Assert.Equal(temporary["checkpoints/step-5"], saved);
        Assert.Equal(saved, folder.Last);
        Assert.Equal(saved, folder.Best);
        Assert.Equal(["SHA256SUMS", "model.bin"], Names(saved));
        Assert.Equal("step-5\n", File.ReadAllText(temporary["checkpoints/last"]));
        Checksums.Verify(saved);
    }

    [Fact]
    public void The_newest_and_the_best_are_kept()
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary.Path, keep: 2);
        for (var step = 1; step <= 12; step++)
            folder.Save(step, best: step == 3, Write);
        Assert.Equal(["best", "last", "step-11", "step-12", "step-3"], Names(temporary.Path));
        Assert.EndsWith("step-3", folder.Best, StringComparison.Ordinal);
        folder.Save(4, best: false, Write); // resumed from the best: the checkpoint just written stays, whatever else is there
        Assert.EndsWith("step-4", folder.Last, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_leaves_earlier_checkpoints_and_nothing_else()
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary.Path);
        folder.Save(1, best: true, Write);
        var e = Assert.Throws<CheckpointException>(() => folder.Save(2, best: true, f =>
        {
            Write(f);
            throw new IOException("No space left on device");
        }));
        Assert.Contains("step-2: No space left on device; earlier checkpoints are intact", e.Message, StringComparison.Ordinal);
        Assert.Equal(["best", "last", "step-1"], Names(temporary.Path));
        Checksums.Verify(folder.Last!);
    }

    [Fact]
    public void What_a_killed_save_left_is_ignored_and_cleaned_by_the_next()
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary.Path);
        folder.Save(1, best: false, Write);
        Directory.CreateDirectory(temporary["step-2.tmp"]);
        File.WriteAllText(temporary["step-2.tmp/model.bin"], "half");
        File.WriteAllText(temporary["last.tmp"], "st");
        Assert.EndsWith("step-1", folder.Last, StringComparison.Ordinal);
        Assert.Single(folder.All);
        folder.Save(3, best: false, Write);
        Assert.Equal(["last", "step-1", "step-3"], Names(temporary.Path));
    }

    [Fact]
    public void Saving_a_step_again_replaces_it()
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary.Path);
        folder.Save(1, best: false, Write);
        folder.Save(1, best: false, f => File.WriteAllText(Path.Combine(f, "other.bin"), "x"));
        Assert.Equal(["SHA256SUMS", "other.bin"], Names(folder.Last!));
        Assert.Equal(["last", "step-1"], Names(temporary.Path));
    }

    [Theory]
    [InlineData("model.bin", "weights of step-7.tmq", "step-7/model.bin was changed")]
    [InlineData("model.bin", "weights", "step-7/model.bin was changed or truncated: its 7 bytes")]
    [InlineData("model.bin", null, "step-7/model.bin is missing")]
    [InlineData("SHA256SUMS", "abc", "SHA256SUMS: the line 'abc'")]
    [InlineData("SHA256SUMS", null, "SHA256SUMS is missing")]
    public void A_damaged_file_is_named(string file, string? content, string message)
    {
        using var temporary = new TemporaryFolder();
        var saved = new CheckpointFolder(temporary.Path).Save(7, best: false, Write);
        if (content is null)
            File.Delete(Path.Combine(saved, file));
        else
            File.WriteAllText(Path.Combine(saved, file), content);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Checksums.Verify(saved)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step-9"), InlineData("../step-1"), InlineData("")]
    public void A_pointer_to_nothing_is_named(string content)
    {
        using var temporary = new TemporaryFolder();
        var folder = new CheckpointFolder(temporary.Path);
        folder.Save(1, best: false, Write);
        File.WriteAllText(temporary["last"], content);
        var e = Assert.Throws<CheckpointException>(() => folder.Last);
        Assert.Contains($"last names '{content}'", e.Message, StringComparison.Ordinal);
        Assert.Contains("(step-1)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_survives_a_round_trip_and_other_options_are_listed()
    {
        using var temporary = new TemporaryFolder();
        var options = (JsonObject)JsonNode.Parse("""{"steps": 40, "adamw": {"beta2": 0.95, "decay": 0.1}, "model": {"layers": 2}}""")!;
        var state = new TrainingState { Step = 20, Batches = 40, Seed = ulong.MaxValue, Best = (1.2345678901234567, 10), Options = options };
        state.Write(temporary.Path);
        var read = TrainingState.Read(temporary.Path);
        Assert.Equal(state with { Options = read.Options }, read);
        read.CheckOptions(options, "step-20");

        var now = (JsonObject)JsonNode.Parse("""{"steps": 40, "adamw": {"beta2": 0.99, "decay": 0.1}, "model": {"layers": 2}, "clip": 1}""")!;
        var e = Assert.Throws<CheckpointException>(() => read.CheckOptions(now, "step-20"));
        Assert.EndsWith("\n  adamw.beta2: 0.95 in the checkpoint, 0.99 now\n  clip: absent in the checkpoint, 1 now", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "training.json")]
    [InlineData("[]", "a JSON object was expected")]
    [InlineData("""{"step": "x"}""", "field step: a number was expected, found \"x\"")]
    [InlineData("""{"step": 1, "batches": 1, "options": {}}""", "field random_key.seed: a number was expected, found nothing")]
    [InlineData("""{"step": 1, "batches": 1, "random_key": {"seed": 1}}""", "field options: an object was expected, found nothing")]
    public void A_malformed_state_names_the_field(string json, string message)
    {
        using var temporary = new TemporaryFolder();
        File.WriteAllText(temporary["training.json"], json);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => TrainingState.Read(temporary.Path)).Message, StringComparison.Ordinal);
    }
}
