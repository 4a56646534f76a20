using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Recipes.Runs;

/// <summary>How a run stands.</summary>
public enum RunState
{
    Running,

    /// <summary>All steps are made.</summary>
    Finished,

    /// <summary>Stopped by Ctrl-C or SIGTERM; it can be resumed.</summary>
    Interrupted,

    /// <summary>The loss was not finite, or a spike.</summary>
    Diverged,

    /// <summary>Ended by an error, such as a full disk.</summary>
    Failed,

    /// <summary>Neither ended nor has a process its lock: killed, or the machine went down; it can be resumed.</summary>
    Killed,

    /// <summary>state.json cannot be read.</summary>
    Damaged,
}

/// <summary>state.json of a run folder: how the run stands, and the error that ended it.</summary>
public sealed record RunStatus(RunState State, int Step, int Steps, string? Message)
{
    const string FileName = "state.json";

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

    /// <summary>What a folder says, put right where the process is gone; null where it says nothing.</summary>
    public static RunStatus? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            if (JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject fields && (string?)fields["state"] is { } name && Array.Find(Enum.GetValues<RunState>(), s => Name(s) == name) is var state
                && Name(state) == name && (int?)fields["step"] is { } step && (int?)fields["steps"] is { } steps)
            {
                return new RunStatus(state == RunState.Running && !RunLock.IsHeld(folder) ? RunState.Killed : state, step, steps, (string?)fields["message"]);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            // as one of other fields
        }
        throw new RunFolderException($"{path}: not the state of a run; delete the file, and resuming the run writes it anew");
    }

    /// <summary>"running", "finished", …</summary>
    public static string Name(RunState state) => state.ToString().ToLowerInvariant();
}
