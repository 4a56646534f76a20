using System.Text.Json;
using Nonet.ToolUse;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Decoding;

namespace Nonet.Cli.Tools;

/// <summary>Writes calls and their counts as JSON.</summary>
static class CallJson
{
    public static void Write(Utf8JsonWriter json, ToolCall call, ToolResult result)
    {
        json.WriteStartObject();
        json.WriteString("tool", call.Tool);
        json.WriteString("input", call.Input);
        json.WriteString("outcome", NameOf(result.Outcome));
        if (result.Outcome == ToolOutcome.Answered)
            json.WriteString("result", result.Text);
        if (result.Error is { } error)
            json.WriteString("error", error);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, UnclosedCall call)
    {
        json.WriteStartObject();
        json.WriteString("text", call.Text);
        json.WriteString("outcome", "unclosed");
        json.WriteString("error", call.Reason);
        json.WriteEndObject();
    }

    /// <summary>Writes the fields tools (counts by tool) and attempts.</summary>
    public static void Write(Utf8JsonWriter json, ToolRunner tools, AttemptCounts attempts)
    {
        json.WriteStartObject("tools");
        foreach (var (name, counts) in tools.Counts)
        {
            json.WriteStartObject(name);
            json.WriteNumber("calls", counts.Calls);
            json.WriteNumber("answered", counts.Answered);
            json.WriteNumber("nothing", counts.Nothing);
            json.WriteNumber("failed", counts.Failed);
            json.WriteNumber("timed_out", counts.TimedOut);
            json.WriteNumber("refused", counts.Refused);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartObject("attempts");
        json.WriteNumber("begun", attempts.Begun);
        json.WriteNumber("abandoned", attempts.Abandoned);
        json.WriteNumber("unclosed", attempts.Unclosed);
        json.WriteNumber("calls", attempts.Calls);
        json.WriteEndObject();
    }

    static string NameOf(ToolOutcome outcome) => outcome switch
    {
        ToolOutcome.Answered => "answered",
        ToolOutcome.Nothing => "nothing",
        ToolOutcome.Failed => "failed",
        ToolOutcome.TimedOut => "timed_out",
        ToolOutcome.Refused => "refused",
        _ => "unknown",
    };
}
