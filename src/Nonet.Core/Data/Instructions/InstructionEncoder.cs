using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Data.Instructions;

/// <summary>
/// Encodes examples and marks the tokens of the assistant, or of the completion, by their place in the text and never by their ids. Several
/// threads can use it at once.
/// </summary>
/// <remarks>
/// A conversation is laid out with the chat template and encoded as one text. The loss covers the parts between <c>{% generation %}</c> and
/// <c>{% endgeneration %}</c>. For a template without these marks, they are found by rendering the conversation up to each turn: from the
/// end of the assistant's header to its end mark.
/// A prompt is encoded as <c>nonet generate</c> does. The completion follows, with an end token, and is supervised.
/// </remarks>
/// <param name="tokenizer">Tokenizer of the model.</param>
/// <param name="template">Layout of conversations; null: only prompts with completions can be encoded.</param>
/// <param name="hasEncoder">Whether the model is an encoder-decoder, which reads the prompt, or the conversation before its last turn, as its source.</param>
public sealed class InstructionEncoder(Tokenizer tokenizer, ChatTemplate? template, bool hasEncoder = false)
{
    static readonly EncodeOptions unmarked = new() { Marks = false };

    /// <summary>Encodes an example.</summary>
    /// <exception cref="Files.MalformedFileException">
    /// The template fails on the example, or it has no supervised token. The message names the file and the row.
    /// </exception>
    /// <exception cref="NotSupportedException">The example is a conversation, and there is no chat template.</exception>
    public SupervisedTokens Encode(InstructionExample example)
    {
        var tokens = example.IsChat ? (hasEncoder ? ChatPair(example) : Chat(example)) : hasEncoder ? TextPair(example) : Text(example);
        return tokens.Targets > 0 ? tokens : throw example.Place.Malformed("no supervised token", "at least one token of an answer to train on");
    }

    SupervisedTokens Text(InstructionExample example)
    {
        var prompt = Prompt(example.Prompt);
        int[] answer = [.. Continuation(example.Prompt, example.Completion), tokenizer.EndOfText];
        return new SupervisedTokens([.. prompt, .. answer], [.. prompt.Select(_ => false), .. answer.Select(_ => true)]);
    }

    SupervisedTokens TextPair(InstructionExample example) => Pair(tokenizer.EncodeSource(example.Prompt), example.Completion);

    SupervisedTokens Pair(int[] source, string target)
    {
        int[] ids = [.. tokenizer.EncodePlain(target), tokenizer.EndOfText];
        return new SupervisedTokens(ids, [.. ids.Select(_ => true)]) { Source = source };
    }

    /// <summary>Ids of a prompt without the end token that the tokenizer may add. An empty prompt becomes the end token of a preceding text.</summary>
    internal int[] Prompt(string prompt)
    {
        var ids = tokenizer.Encode(prompt);
        if (tokenizer.HasEndOfText && ids is [.. var before, var last] && before.Length > 0 && last == tokenizer.EndOfText)
            ids = before;
        return ids.Length > 0 ? ids : [tokenizer.EndOfText];
    }

    /// <summary>Ids of a completion after a prompt: both are encoded as one text if its ids begin with those of the prompt alone.</summary>
    int[] Continuation(string prompt, string completion)
    {
        var (before, all) = (tokenizer.EncodePlain(prompt), tokenizer.EncodePlain(prompt + completion));
        return After(before, all) ?? tokenizer.EncodePlain(completion);
    }

    /// <summary>The ids of a whole text after those of its beginning; null if the beginning is encoded differently within the whole.</summary>
    static int[]? After(int[] beginning, int[] whole) =>
        whole.AsSpan().StartsWith(beginning) && whole.Length > beginning.Length ? whole[beginning.Length..] : null;

    SupervisedTokens Chat(InstructionExample example)
    {
        var (text, spans) = AssistantSpans.Find(Template(example), example);
        var tokens = tokenizer.EncodeFull(text, options: unmarked).Tokens;
        var supervised = new bool[tokens.Count];
        var at = 0;
        foreach (var (start, end) in spans)
        {
            while (at < tokens.Count && tokens[at].End <= start)
                at++;
            var last = at;
            for (var i = at; i < tokens.Count && tokens[i].Start < end; i++)
                last = i + 1;
            supervised.AsSpan(at..last).Fill(true);
            at = last;
        }
        return new SupervisedTokens([.. tokens.Select(t => t.Id)], supervised);
    }

    /// <summary>
    /// Ids of a conversation before its last turn, which is the assistant's. They end with the beginning of the answer, as a model reads them before
    /// it generates.
    /// </summary>
    internal int[] Beginning(InstructionExample example) => ChatIds(Head(Template(example), example));

    /// <summary>The same, and the ids of the last turn with its end mark, after them.</summary>
    internal (int[] Prompt, int[] Answer) Answer(InstructionExample example)
    {
        var layout = Template(example);
        var head = Head(layout, example);
        var answer = AssistantSpans.LastTurn(layout, example, head);
        var prompt = ChatIds(head);
        return (prompt, After(prompt, ChatIds(head + answer)) ?? ChatIds(answer));
    }

    static string Head(ChatTemplate layout, InstructionExample example) =>
        AssistantSpans.Render(layout, example, [.. example.Messages.Take(example.Messages.Count - 1)], prompts: true);

    int[] ChatIds(string part) => tokenizer.Encode(part, marks: false);

    /// <summary>The last turn is the target; the source is the conversation before it, or its texts if there is no template.</summary>
    SupervisedTokens ChatPair(InstructionExample example)
    {
        var last = example.Messages.ToList().FindLastIndex(m => m.Role == "assistant");
        var before = example.Messages.Take(last).ToArray();
        if (template is null && before.Count(m => m.Role != "system") > 1)
            throw NoTemplate(example);
        var source = template is null ? tokenizer.EncodeSource(string.Join("\n\n", before.Select(m => m.Content)))
            : [.. tokenizer.Encode(AssistantSpans.Render(template, example, before, true), marks: false), tokenizer.EndOfText];
        return Pair(source, example.Messages[last].Content
            ?? throw example.Place.Malformed("a last answer that is a tool call", "a text, which an encoder-decoder writes"));
    }

    ChatTemplate Template(InstructionExample example) => template ?? throw NoTemplate(example);

    static NotSupportedException NoTemplate(InstructionExample example) =>
        new($"{example.Place}: found a conversation, but the model has no chat template; set one (--template plain, data.template in a recipe, or a Jinja "
        + "file), or use prompts with completions, which need none");
}
