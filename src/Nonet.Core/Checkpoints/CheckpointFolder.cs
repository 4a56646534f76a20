using System.Globalization;
using Nonet.Files;

namespace Nonet.Checkpoints;

/// <summary>
/// Checkpoints of a run: folders step-N, and text files <c>last</c> and <c>best</c> that name one of them. A checkpoint is written
/// completely or not at all: as step-N.tmp, flushed to the disk, then renamed.
/// </summary>
/// <param name="path">Folder; it is created by the first save.</param>
/// <param name="keep">Number of newest checkpoints to keep. The best one is kept in addition.</param>
public sealed class CheckpointFolder(string path, int keep = 2)
{
    const string Prefix = "step-";
    readonly int keep = keep >= 1 ? keep : throw new ArgumentException($"keep is {keep}: at least 1 checkpoint is kept");

    /// <summary>Absolute path of the folder.</summary>
    public string FullPath { get; } = Path.GetFullPath(path);

    /// <summary>Folder of the newest checkpoint; null if there is none.</summary>
    public string? Last => Pointed("last");

    /// <summary>Folder of the checkpoint with the lowest held-out loss; null if no loss was measured.</summary>
    public string? Best => Pointed("best");

    /// <summary>Folders of all complete checkpoints, oldest first.</summary>
    public IReadOnlyList<string> All => Directory.Exists(FullPath)
        ? [.. Directory.GetDirectories(FullPath).Where(f => StepOf(f) >= 0).OrderBy(StepOf)]
        : [];

    /// <summary>Folder of a step's checkpoint, whether it exists or not.</summary>
    public string PathOf(int step) => Path.Combine(FullPath, Prefix + step.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Writes a checkpoint, makes <c>last</c> (and <c>best</c>) name it, and deletes the oldest beyond the number to keep. If anything
    /// fails, for example because the disk is full, the incomplete checkpoint is removed and earlier checkpoints do not change.
    /// </summary>
    /// <param name="step">Number of updates so far.</param>
    /// <param name="best">Whether no earlier checkpoint had a held-out loss as low.</param>
    /// <param name="write">Writes the files into the given folder.</param>
    /// <returns>Folder of the checkpoint.</returns>
    public string Save(int step, bool best, Action<string> write)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var folder = PathOf(step);
        var name = Path.GetFileName(folder);
        try
        {
            Directory.CreateDirectory(FullPath);
            Clean();
            AtomicFolder.Write(folder, temporary =>
            {
                write(temporary);
                Checksums.Write(temporary);
            });
            Point("last", name);
            if (best)
                Point("best", name);
        }
        catch (Exception e)
        {
            TryClean();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException($"cannot write checkpoint {folder}: {e.Message}; earlier checkpoints are intact: make room and resume", e);
            throw;
        }
        Prune();
        return folder;
    }

    void Point(string pointer, string name) => AtomicFile.WriteText(Path.Combine(FullPath, pointer), name + "\n");

    string? Pointed(string pointer)
    {
        var file = Path.Combine(FullPath, pointer);
        if (!File.Exists(file))
            return null;
        var name = File.ReadAllText(file).Trim();
        var folder = Path.Combine(FullPath, name);
        if (StepOf(name) < 0 || !Directory.Exists(folder))
            throw new CheckpointException(
                $"{file} names '{name}', which is not a checkpoint in {FullPath}; write the name of an existing one into it{Choices()}");
        return folder;
    }

    string Choices() => All is { Count: > 0 } all ? $" ({string.Join(", ", all.Select(Path.GetFileName))})" : "";

    void Prune()
    {
        var (all, best, last) = (All, Best, Last);
        foreach (var old in all.Take(Math.Max(0, all.Count - keep)).Where(f => f != best && f != last))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Deletes what a killed save left behind.</summary>
    void Clean()
    {
        foreach (var folder in Directory.GetDirectories(FullPath, Prefix + "*" + AtomicFile.Suffix))
            Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(FullPath, "*" + AtomicFile.Suffix))
            File.Delete(file);
    }

    void TryClean()
    {
        try
        {
            if (Directory.Exists(FullPath))
                Clean();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // report the failure that led here; the next save cleans up
        }
    }

    /// <summary>N for a folder step-N; -1 for any other name.</summary>
    static int StepOf(string folder) =>
        Path.GetFileName(folder) is var name && name.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1;
}
