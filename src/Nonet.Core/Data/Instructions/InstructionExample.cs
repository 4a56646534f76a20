using Nonet.Text.Chat;

namespace Nonet.Data.Instructions;

/// <summary>An example of supervised fine-tuning: a conversation, or a prompt with its completion.</summary>
public sealed record InstructionExample
{
    InstructionExample()
    {
    }

    /// <summary>Turns of a conversation, laid out with a chat template; empty for a prompt with a completion.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; private init; } = [];

    /// <summary>Tools that the assistant may call in the conversation.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>Text that the model reads. Only for an example without messages.</summary>
    public string Prompt { get; private init; } = "";

    /// <summary>Text that the model should write. Only for an example without messages.</summary>
    public string Completion { get; private init; } = "";

    /// <summary>Where the example comes from.</summary>
    public ExamplePlace Place { get; private init; }

    /// <summary>Whether the example is a conversation.</summary>
    public bool IsChat => Messages.Count > 0;

    /// <summary>A conversation. Throws if a role is out of order or no turn is the assistant's.</summary>
    /// <exception cref="Files.MalformedFileException">The conversation is malformed. The message names the file and the row.</exception>
    public static InstructionExample Chat(IReadOnlyList<ChatMessage> messages, ExamplePlace place)
    {
        CheckRoles(messages, place);
        return new InstructionExample { Messages = messages, Place = place };
    }

    /// <summary>A prompt with its completion.</summary>
    /// <exception cref="Files.MalformedFileException">The completion is empty. The message names the file and the row.</exception>
    public static InstructionExample Text(string prompt, string completion, ExamplePlace place) => completion.Length > 0
        ? new InstructionExample { Prompt = prompt, Completion = completion, Place = place }
        : throw place.Malformed("an empty completion", "a text to train on");

    /// <summary>A system message may only come first; users and the assistant take turns; a tool answers the assistant.</summary>
    static void CheckRoles(IReadOnlyList<ChatMessage> messages, ExamplePlace place)
    {
        var before = "";
        for (var i = 0; i < messages.Count; i++)
        {
            var role = messages[i].Role;
            var allowed = role switch
            {
                "system" => i == 0,
                "user" => before is "" or "system" or "assistant",
                "assistant" => before is "user" or "tool",
                "tool" => before is "assistant" or "tool",
                _ => throw place.Malformed($"a message of the role '{role}'", "system, user, assistant or tool"),
            };
            if (!allowed)
                throw place.Malformed($"roles out of order: message {i + 1} is the {role}'s{(before.Length == 0 ? "" : $", after the {before}'s")}",
                    "an optional system message, then user and assistant by turns");
            if (role is "user" && messages[i].Content is null || role is "assistant" && messages[i].Content is null && messages[i].ToolCalls.Count == 0)
                throw place.Malformed($"message {i + 1} without a text", "a text of every user and assistant");
            before = role;
        }
        if (!messages.Any(m => m.Role == "assistant"))
            throw place.Malformed("a conversation without an assistant turn", "at least one, which is what is trained");
    }
}
