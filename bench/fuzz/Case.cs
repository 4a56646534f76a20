using Nonet.Checkpoints;
using Nonet.Checkpoints.Hub;
using Nonet.Files;
using Nonet.Fuzz.Making;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Scaling.Runs;
using Nonet.Text.Jinja;
using Nonet.Text.Segmentation;

namespace Nonet.Fuzz;

/// <summary>What became of a case.</summary>
enum Verdict
{
    /// <summary>The files were read.</summary>
    Read,

    /// <summary>They were refused by an exception of the project's own kinds that names the file.</summary>
    Refused,

    /// <summary>Anything else.</summary>
    Failed,
}

/// <summary>What became of a case, and what it cost.</summary>
/// <param name="Number">The case.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Milliseconds">Processor time, of all threads.</param>
/// <param name="PeakMegabytes">The most memory that the process held meanwhile.</param>
/// <param name="Message">Of an exception.</param>
sealed record Outcome(int Number, Verdict Verdict, double Milliseconds, double PeakMegabytes, string Message);

/// <summary>One numbered case: its reader, its files, and the judgement of what happens. The seed and the number determine everything.</summary>
sealed class Case(int seed, int number)
{
    /// <summary>Every so many cases the files are left sound.</summary>
    const int SoundEvery = 16;

    /// <summary>Longer messages are no messages.</summary>
    const int LongestMessage = 2500;

    static readonly Type[] kinds =
    [
        typeof(MalformedFileException), typeof(RecipeException), typeof(ConfigException), typeof(JinjaException), typeof(CheckpointException),
        typeof(RunFolderException), typeof(BadRunsException), typeof(HubException),
        typeof(InvalidDataException), typeof(NotSupportedException), typeof(FileNotFoundException), typeof(DirectoryNotFoundException),
    ];

    public Reader Reader { get; } = AllReaders.Of(number);

    public bool IsSound { get; } = AllReaders.RoundOf(number) % SoundEvery == 0;

    /// <summary>Runs the case in a folder.</summary>
    /// <param name="folder">Empty.</param>
    /// <param name="thrown">Receives the exception, for a person to look at.</param>
    public Outcome Run(string folder, Action<Exception>? thrown = null)
    {
        var use = Reader.Prepare(new Dice(seed, number), folder, IsSound);
        ProcessMemory.ResetPeak();
        var worked = Environment.CpuUsage.TotalTime;
        var (verdict, message) = (Verdict.Read, "");
        try
        {
            use();
        }
        catch (Exception e)
        {
            thrown?.Invoke(e);
            (verdict, message) = Judge(e, folder);
            message = message.Replace(folder, "", StringComparison.Ordinal);
        }
        var milliseconds = (Environment.CpuUsage.TotalTime - worked).TotalMilliseconds;
        return new Outcome(number, verdict, milliseconds, ProcessMemory.PeakMegabytes(), message);
    }

    (Verdict, string) Judge(Exception e, string folder)
    {
        if (IsSound)
            return (Verdict.Failed, $"sound files were refused: {e.GetType().Name}: {e.Message}");
        if (e is UnknownTokenException) // the vocabulary has lost its token for what is unknown: the text is at fault, not a file
            return (Verdict.Refused, e.Message);
        if (!kinds.Contains(e.GetType()))
            return (Verdict.Failed, $"{e.GetType().Name}: {e.Message} {Place(e)}");
        if (e.Message.Length > LongestMessage)
            return (Verdict.Failed, $"{e.GetType().Name}: a message of {e.Message.Length} characters: {e.Message[..100]}");
        var names = Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)!).Append(folder)
            .Append(Readers.HubAnswers.Model).Append("--set ");
        if (!names.Any(name => e.Message.Contains(name, StringComparison.Ordinal)))
            return (Verdict.Failed, $"{e.GetType().Name} names no file: {e.Message}");
        return (Verdict.Refused, e.Message);
    }

    /// <summary>The innermost frames that are the project's.</summary>
    static string Place(Exception e)
    {
        var frames = (e.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries).Where(l => l.StartsWith("at Nonet.", StringComparison.Ordinal));
        return $"[{string.Join(" < ", frames.Take(3).Select(l => l[3..].Split('(')[0]))}]";
    }
}
