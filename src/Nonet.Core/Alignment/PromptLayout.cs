using Nonet.Alignment.Rewards;
using Nonet.Data.Instructions;
using Nonet.Data.Preferences;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Alignment;

/// <summary>
/// Ids of prompts and answers. With a chat template a prompt is a conversation up to the beginning of the assistant's answer: its messages, the turns of a
/// transcript in HH-RLHF's layout, or its text as the user's only message. An answer is the assistant's turn with the template's end. Without a template a
/// prompt is encoded unchanged. An answer is encoded by itself, as a policy writes it, and ends with the end token.
/// </summary>
/// <param name="tokenizer">Tokenizer of the model.</param>
/// <param name="template">Layout of conversations; null: prompts are the beginning of a text.</param>
public sealed class PromptLayout(Tokenizer tokenizer, ChatTemplate? template = null)
{
    readonly InstructionEncoder encoder = new(tokenizer, template);

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>The chat template; null: none.</summary>
    public ChatTemplate? Template => template;

    /// <summary>Special tokens that end an answer: the end of the assistant's turn, or the end of a text.</summary>
    public IReadOnlyList<int> EndTokens { get; } = template is null ? [tokenizer.EndOfText]
        : [.. new InstructionEncoder(tokenizer, template).Answer(Example([ChatMessage.User("Hi")], "Hi", "Hi")).Answer[^1..].Where(tokenizer.IsSpecial)];

    /// <summary>Ids of a prompt; an empty text becomes the end-of-text token.</summary>
    /// <exception cref="NotSupportedException">The prompt is a conversation, and there is no template.</exception>
    public int[] Prompt(Prompt prompt) => template is null && prompt.Messages is null ? encoder.Prompt(prompt.Text)
        : encoder.Beginning(Example(Turns(prompt, out _), "", prompt.Text));

    /// <summary>Ids of a prompt, which are the same for every answer, and of an answer with its end.</summary>
    /// <exception cref="NotSupportedException">The prompt is a conversation, and there is no template.</exception>
    public (int[] Prompt, int[] Answer) Encode(Prompt prompt, string answer)
    {
        if (template is null && prompt.Messages is null)
            return (encoder.Prompt(prompt.Text), [.. tokenizer.EncodePlain(answer), tokenizer.EndOfText]);
        var turns = Turns(prompt, out var isTranscript);
        return encoder.Answer(Example(turns, isTranscript ? answer.Trim() : answer, prompt.Text));
    }

    /// <summary>Whether another layout produces the same ids.</summary>
    internal bool IsSame(PromptLayout other) => this == other
        || (tokenizer.Fingerprint == other.Tokenizer.Fingerprint && template?.Fingerprint == other.Template?.Fingerprint);

    static IReadOnlyList<ChatMessage> Turns(Prompt prompt, out bool isTranscript)
    {
        var turns = prompt.Messages is null ? Transcript.Parse(prompt.Text) : null;
        isTranscript = turns is not null; // its answers begin with the blank after the mark
        return prompt.Messages ?? turns ?? [ChatMessage.User(prompt.Text)];
    }

    static InstructionExample Example(IReadOnlyList<ChatMessage> turns, string answer, string text) =>
        InstructionExample.Chat([.. turns, ChatMessage.Assistant(answer)], new ExamplePlace("prompts", $"'{Shown.Of(text)}'"));

    /// <summary>
    /// Prompt and answer as one sequence of limited length. If it is too long, the beginning of the prompt is left out, then the end of the answer.
    /// </summary>
    public static int[] Join(int[] prompt, int[] answer, int longest)
    {
        if (prompt.Length + answer.Length <= longest)
            return [.. prompt, .. answer];
        var kept = Math.Min(answer.Length, longest - 1);
        return [.. prompt[^Math.Min(prompt.Length, longest - kept)..], .. answer[..kept]];
    }
}
