using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>State of a run.</summary>
public enum RunState
{
    /// <summary>A process is training.</summary>
    Running,

    /// <summary>All steps have been made.</summary>
    Finished,

    /// <summary>Stopped by Ctrl-C or SIGTERM. It can be resumed.</summary>
    Interrupted,

    /// <summary>The loss was not finite or was a spike.</summary>
    Diverged,

    /// <summary>Ended by an error, such as a full disk.</summary>
    Failed,

    /// <summary>Not ended, but no process holds its lock: it was killed, or the machine stopped. It can be resumed.</summary>
    Killed,

    /// <summary>state.json cannot be read.</summary>
    Damaged,

    /// <summary>A process prepares the tokenizer and the data; the run begins when it has written run.json.</summary>
    Preparing,
}

/// <summary>Content of state.json: the state of a run, and the error that ended it.</summary>
public sealed record RunStatus(RunState State, int Step, int Steps, string? Message)
{
    internal const string FileName = "state.json";

    /// <summary>Writes state.json to a run folder.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("state", Name(State));
        json.WriteNumber("step", Step);
        json.WriteNumber("steps", Steps);
        if (Message is not null)
            json.WriteString("message", Message);
        json.WriteString("updated", DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    });

    internal static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));

    /// <summary>Whether a run in a folder prepares its data. Only a run writes this state, so the recipe beside it is the run's own.</summary>
    internal static bool IsPreparing(string folder)
    {
        try
        {
            return !File.Exists(Path.Combine(folder, RunInfo.FileName)) && Recorded(folder)?.State == RunState.Preparing;
        }
        catch (Exception e) when (e is RunFolderException or IOException or UnauthorizedAccessException)
        {
            return false; // not the file of a run, or not readable
        }
    }

    /// <summary>Time at which the state of a run folder was written, in the format of <see cref="RunInfo.Started"/>.</summary>
    internal static string Updated(string folder) =>
        File.GetLastWriteTimeUtc(Path.Combine(folder, FileName)).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Reads the state of a run folder and corrects it if the process is gone; null if the folder has none.</summary>
    public static RunStatus? Read(string folder) => Recorded(folder) switch
    {
        { State: RunState.Running } status when !RunLock.IsHeld(folder) => status with { State = RunState.Killed },
        { State: RunState.Preparing } status when !RunLock.IsHeld(folder) => status with
        {
            State = RunState.Killed,
            Message = "killed while its data was prepared; the same command starts it again",
        },
        var status => status,
    };

    static RunStatus? Recorded(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            if (JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject fields
                && (string?)fields["state"] is { } name && Array.Find(Enum.GetValues<RunState>(), s => Name(s) == name) is var state
                && Name(state) == name && (int?)fields["step"] is { } step && (int?)fields["steps"] is { } steps)
            {
                return new RunStatus(state, step, steps, (string?)fields["message"]);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            // treated like a file with other fields
        }
        throw new RunFolderException($"{path}: not the state of a run; delete the file, and resuming the run will rewrite it");
    }

    /// <summary>Name in files: "running", "finished", …</summary>
    public static string Name(RunState state) => state.ToString().ToLowerInvariant();
}
