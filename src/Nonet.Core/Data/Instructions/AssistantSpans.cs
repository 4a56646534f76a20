using Nonet.Text.Chat;
using Nonet.Text.Jinja;

namespace Nonet.Data.Instructions;

/// <summary>Finds the parts of a rendered conversation that the assistant wrote.</summary>
static class AssistantSpans
{
    /// <summary>The text of a conversation, and the ranges of it that the assistant wrote.</summary>
    public static (string Text, IReadOnlyList<(int Start, int End)> Spans) Find(ChatTemplate template, InstructionExample example)
    {
        var options = new ChatTemplateOptions { AddGenerationPrompt = false, Tools = example.Tools };
        var rendered = Failing(example, () => template.RenderMarked(example.Messages, options));
        return template.MarksGeneration(options) ? (rendered.Text, rendered.Generated) : (rendered.Text, ByPrefixes(template, example, rendered.Text));
    }

    /// <summary>
    /// The assistant's text in the last turn with its end token: what follows the head, as far as the template marks it. Some templates do not begin
    /// a finished turn with the head (DeepSeek R1 opens the reasoning there, which a finished turn lacks). The text is then found by its content.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="example">A conversation whose last turn is the assistant's.</param>
    /// <param name="head">The rendered conversation before that turn, with the assistant's header.</param>
    public static string LastTurn(ChatTemplate template, InstructionExample example, string head)
    {
        var options = new ChatTemplateOptions { AddGenerationPrompt = false, Tools = example.Tools };
        var (text, generated) = Failing(example, () => template.RenderMarked(example.Messages, options));
        var content = example.Messages[^1].Content?.Trim() ?? "";
        var follows = text.StartsWith(head, StringComparison.Ordinal);
        if (!follows && content.Length == 0) // an empty answer cannot be searched for: take the end token of another answer
            return LastTurn(template, InstructionExample.Chat([.. example.Messages.SkipLast(1), ChatMessage.Assistant("x")], example.Place), head)[1..];
        var start = follows ? head.Length : text.LastIndexOf(content, StringComparison.Ordinal);
        if (start < 0)
            throw example.Place.Malformed("a conversation whose last answer the chat template changes",
                "another template (data.template in a recipe, --template), or off to use the texts without a template");
        return generated is [.., var last] && last.End > start ? text[start..last.End] : text[start..].TrimEnd();
    }

    /// <summary>Renders messages of an example.</summary>
    public static string Render(ChatTemplate template, InstructionExample example, IReadOnlyList<ChatMessage> messages, bool prompts) =>
        Failing(example, () => template.Render(messages, new ChatTemplateOptions { AddGenerationPrompt = prompts, Tools = example.Tools }));

    static T Failing<T>(InstructionExample example, Func<T> render)
    {
        try
        {
            return render();
        }
        catch (JinjaException e)
        {
            throw example.Place.Malformed($"a conversation on which the chat template fails ({e.Message})", "one that the template accepts", e);
        }
    }

    /// <summary>
    /// A turn begins where the conversation before it, with the assistant's header, ends. It ends with its end token. Some templates render a turn
    /// differently once others follow (Qwen 3 drops the reasoning). Such a turn is found by its text, and its end token is what follows the text when
    /// the turn is the last one.
    /// </summary>
    static List<(int Start, int End)> ByPrefixes(ChatTemplate template, InstructionExample example, string text)
    {
        var spans = new List<(int, int)>();
        for (var i = 0; i < example.Messages.Count; i++)
        {
            if (example.Messages[i].Role != "assistant")
                continue;
            var head = Render(template, example, [.. example.Messages.Take(i)], prompts: true);
            var turn = Render(template, example, [.. example.Messages.Take(i + 1)], prompts: false);
            spans.Add(Span(head, turn, text, example.Messages[i].Content?.Trim() ?? "") is var (start, end) && start < end ? (start, end)
                : throw example.Place.Malformed($"a conversation of which the chat template renders turn {i + 1} differently when others follow",
                    "a template that marks the assistant's text with {% generation %}"));
        }
        return spans;
    }

    static (int Start, int End)? Span(string head, string turn, string text, string content)
    {
        if (!text.StartsWith(head, StringComparison.Ordinal))
            return null;
        if (turn.StartsWith(head, StringComparison.Ordinal) && text.StartsWith(turn, StringComparison.Ordinal))
            return (head.Length, EndOf(text, head.Length, turn.Length));
        var (inText, inTurn) = (text.IndexOf(content, head.Length, StringComparison.Ordinal), turn.LastIndexOf(content, StringComparison.Ordinal));
        if (content.Length == 0 || inText < 0 || inTurn < 0)
            return null;
        var mark = turn[(inTurn + content.Length)..];
        var end = inText + content.Length;
        return text.AsSpan(end).StartsWith(mark) ? (head.Length, EndOf(text, head.Length, end + mark.Length)) : null;
    }

    /// <summary>End of a turn without the blanks after its end token. They separate it from the next turn, and a model need not write them.</summary>
    static int EndOf(string text, int start, int end) => start + text.AsSpan(start..end).TrimEnd().Length is var trimmed && trimmed > start ? trimmed : end;
}
