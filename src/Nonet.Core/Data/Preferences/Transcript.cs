using System.Text;
using System.Text.RegularExpressions;
using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>Conversations as one text, in the layout of HH-RLHF: each turn after an empty line and the name of its role.</summary>
static partial class Transcript
{
    const string User = "Human", Assistant = "Assistant", System = "System", AnswerMark = "\n\nAssistant:";

    [GeneratedRegex(@"(?:\A\s*|\n\n)(Human|Assistant|System):")]
    private static partial Regex Mark();

    /// <summary>The text of a conversation up to the mark that the assistant's answer follows.</summary>
    public static string Of(IReadOnlyList<ChatMessage> messages)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
            text.Append("\n\n").Append(NameOf(message.Role)).Append(": ").Append(message.Content);
        return text.Append(AnswerMark).ToString();
    }

    /// <summary>
    /// Parses a text that begins with a turn of the user or the system and ends with the mark of an answer. Null if the text is not a transcript.
    /// Consecutive turns of one role are joined.
    /// </summary>
    public static IReadOnlyList<ChatMessage>? Parse(string text)
    {
        var marks = Mark().Matches(text);
        if (marks.Count < 2 || marks[0].Index != 0 || marks[^1].Groups[1].Value != Assistant || text.AsSpan(End(marks[^1])).Trim().Length > 0)
            return null;
        var turns = new List<ChatMessage>();
        for (var i = 0; i < marks.Count - 1; i++)
        {
            var (role, content) = (RoleOf(marks[i].Groups[1].Value), text[End(marks[i])..marks[i + 1].Index].Trim());
            if (turns is [.., var before] && before.Role == role)
                turns[^1] = before with { Content = $"{before.Content}\n\n{content}" };
            else if (role == "system" && turns.Count > 0 || role == "assistant" && turns is [] or [{ Role: "system" }])
                return null;
            else
                turns.Add(new ChatMessage(role, content));
        }
        return turns[^1].Role == "user" ? turns : null;

        static int End(Match mark) => mark.Index + mark.Length;
    }

    static string NameOf(string role) => role switch
    {
        "user" => User,
        "assistant" => Assistant,
        "system" => System,
        _ => char.ToUpperInvariant(role[0]) + role[1..],
    };

    static string RoleOf(string name) => name switch { User => "user", Assistant => "assistant", _ => "system" };
}
