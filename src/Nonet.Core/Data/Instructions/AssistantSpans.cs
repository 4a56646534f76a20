using Nonet.Text.Chat;
using Nonet.Text.Jinja;

namespace Nonet.Data.Instructions;

/// <summary>Ranges of a rendered conversation that the assistant wrote.</summary>
static class AssistantSpans
{
    /// <summary>The text of a conversation, and the ranges of the assistant in it.</summary>
    public static (string Text, IReadOnlyList<(int Start, int End)> Spans) Find(ChatTemplate template, InstructionExample example)
    {
        var options = new ChatTemplateOptions { AddGenerationPrompt = false, Tools = example.Tools };
        var rendered = Failing(example, () => template.RenderMarked(example.Messages, options));
        return template.MarksGeneration(options) ? (rendered.Text, rendered.Generated) : (rendered.Text, ByPrefixes(template, example, rendered.Text));
    }

    /// <summary>
    /// What the assistant writes in the last turn, with its end mark: what follows the head, as far as the template marks it. Where a finished turn does not
    /// begin with the head (DeepSeek R1 opens the reasoning there, which a finished turn lacks), it is found by its content.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="example">A conversation whose last turn is the assistant's.</param>
    /// <param name="head">The conversation before that turn, with the beginning of the answer.</param>
    public static string LastTurn(ChatTemplate template, InstructionExample example, string head)
    {
        var options = new ChatTemplateOptions { AddGenerationPrompt = false, Tools = example.Tools };
        var (text, generated) = Failing(example, () => template.RenderMarked(example.Messages, options));
        var content = example.Messages[^1].Content?.Trim() ?? "";
        var follows = text.StartsWith(head, StringComparison.Ordinal);
        if (!follows && content.Length == 0) // nothing to be found by: the end mark is that of another answer
            return LastTurn(template, InstructionExample.Chat([.. example.Messages.SkipLast(1), ChatMessage.Assistant("x")], example.Place), head)[1..];
        var start = follows ? head.Length : text.LastIndexOf(content, StringComparison.Ordinal);
        if (start < 0)
            throw example.Place.Malformed("a conversation whose last answer the chat template writes in another way",
                "another template (data.template in a recipe, --template), or off, for texts as they stand");
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
    /// A turn begins where the conversation before it ends, with the assistant's header, and ends with its end mark. Some templates render a turn differently
    /// once others follow (Qwen 3 drops the reasoning): there the turn is found by its text, and what follows the text when the turn is the last is its end
    /// mark.
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

    /// <summary>The end of a turn without the blanks after its end mark, which separate it from the next and which no model needs to write.</summary>
    static int EndOf(string text, int start, int end) => start + text.AsSpan(start..end).TrimEnd().Length is var trimmed && trimmed > start ? trimmed : end;
}
