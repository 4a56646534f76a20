using System.Text;
using Nonet.Text.Chat;

namespace Nonet.Evaluation.Prompts;

/// <summary>How a prompt reaches a model that was trained for conversations.</summary>
public enum ChatMode
{
    /// <summary>As plain text, to be continued.</summary>
    Off,

    /// <summary>Through the model's chat template: instruction, exemplars and question are one message of the user.</summary>
    Text,

    /// <summary>
    /// Through the model's chat template: the instruction is the system's message, and each exemplar a turn of the user and one of the assistant.
    /// </summary>
    Turns,
}

/// <summary>What a model is given, in parts, so that exemplars can be left out whole.</summary>
/// <param name="Instruction">Before everything else; null: nothing.</param>
/// <param name="Exemplars">Examples with their answers.</param>
/// <param name="Question">The item's own prompt.</param>
/// <param name="Separator">Between these.</param>
public sealed record ModelPrompt(string? Instruction, IReadOnlyList<Exemplar> Exemplars, string Question, string Separator)
{
    /// <summary>All as one text.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            if (Instruction is not null)
                text.Append(Instruction).Append(Separator);
            foreach (var exemplar in Exemplars)
                text.Append(exemplar.Prompt).Append(exemplar.Target).Append(Separator);
            return text.Append(Question).ToString();
        }
    }

    /// <summary>The same without its first exemplars.</summary>
    public ModelPrompt WithLast(int exemplars) => this with { Exemplars = [.. Exemplars.Skip(Exemplars.Count - exemplars)] };

    /// <summary>The messages of a conversation that ask the same.</summary>
    public IReadOnlyList<ChatMessage> Messages(ChatMode mode)
    {
        if (mode != ChatMode.Turns)
            return [ChatMessage.User(Text)];
        var messages = new List<ChatMessage>();
        if (Instruction is not null)
            messages.Add(ChatMessage.System(Instruction));
        foreach (var exemplar in Exemplars)
        {
            messages.Add(ChatMessage.User(exemplar.Prompt));
            messages.Add(ChatMessage.Assistant(exemplar.Target.TrimStart(' ')));
        }
        messages.Add(ChatMessage.User(Question));
        return messages;
    }
}
