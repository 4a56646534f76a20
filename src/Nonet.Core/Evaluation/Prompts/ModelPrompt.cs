using System.Text;
using Nonet.Text.Chat;

namespace Nonet.Evaluation.Prompts;

/// <summary>How prompts are passed to a model.</summary>
public enum ChatMode
{
    /// <summary>As plain text that the model continues.</summary>
    Off,

    /// <summary>Through the model's chat template: instruction, exemplars and question are one message of the user.</summary>
    Text,

    /// <summary>
    /// Through the model's chat template: the instruction is the system message, and each exemplar is a turn of the user and a turn of the assistant.
    /// </summary>
    Turns,
}

/// <summary>A prompt in parts, so that whole exemplars can be left out.</summary>
/// <param name="Instruction">Text before everything else; null: none.</param>
/// <param name="Exemplars">Examples with their answers.</param>
/// <param name="Question">The item's own prompt.</param>
/// <param name="Separator">Text between the parts.</param>
public sealed record ModelPrompt(string? Instruction, IReadOnlyList<Exemplar> Exemplars, string Question, string Separator)
{
    /// <summary>The whole prompt as one text.</summary>
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

    /// <summary>The prompt with only its last <paramref name="exemplars"/> exemplars.</summary>
    public ModelPrompt WithLast(int exemplars) => this with { Exemplars = [.. Exemplars.Skip(Exemplars.Count - exemplars)] };

    /// <summary>The prompt as the messages of a conversation.</summary>
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
