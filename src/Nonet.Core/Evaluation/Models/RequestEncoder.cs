using Nonet.Evaluation.Prompts;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Evaluation.Models;

/// <summary>
/// Encodes prompts as ids. Every request begins with exactly one start token: none is added if the chat template writes it. A context and its continuation
/// are encoded as one text and split where the context's own ids end, so that a leading space belongs to the continuation.
/// </summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="start">The start token.</param>
/// <param name="chat">How prompts are passed to the model.</param>
/// <param name="template">The model's chat template; needed unless chat is off.</param>
sealed class RequestEncoder(Tokenizer tokenizer, int start, ChatMode chat, ChatTemplate? template)
{
    Beginning? last; // many prompts share the text before the question

    /// <summary>The start token, the first id of every request.</summary>
    public int Start => start;

    public int[] Encode(ModelPrompt prompt) => WithStart(Ids(Laid(prompt)));

    /// <summary>Encodes a prompt with each of several continuations. The prompt alone is encoded once.</summary>
    public EncodedRequest[] Encode(ModelPrompt prompt, IReadOnlyList<string> continuations)
    {
        var context = Laid(prompt);
        var before = chat == ChatMode.Off ? Plain(context, context.Length - prompt.Question.Length) : Ids(context);
        var whole = WithStart(before);
        // If no token crosses the beginning of the last line, only that line is encoded again with each continuation.
        var line = context.LastIndexOf('\n') + 1;
        var tail = chat == ChatMode.Off && tokenizer.IsBreak(context, line) ? context[line..] : context;
        var tailIds = tail.Length == context.Length ? before : Ids(tail);
        var known = before.Length - tailIds.Length;
        return [.. continuations.Select(continuation =>
        {
            if (chat != ChatMode.Off)
                continuation = continuation.TrimStart(' '); // the template has already ended the line
            var ids = Ids(tail + continuation);
            var shared = tailIds.AsSpan().CommonPrefixLength(ids);
            if (shared == ids.Length)
                throw new ArgumentException("the continuation has no token of its own; expected a text of at least one character", nameof(continuations));
            return new EncodedRequest(shared == tailIds.Length ? whole : WithStart([.. before[..known], .. ids[..shared]]), ids[shared..]);
        })];
    }

    /// <summary>The ids of a text. If no token crosses the end of its beginning, the beginning's ids are kept for the next text that shares it.</summary>
    int[] Plain(string text, int beginning)
    {
        if (!tokenizer.IsBreak(text, beginning))
            return Ids(text);
        var rest = Ids(text[beginning..]);
        if (last is { } known && known.Text.Length == beginning && text.StartsWith(known.Text, StringComparison.Ordinal))
            return [.. known.Ids, .. rest];
        var ids = Ids(text);
        last = new Beginning(text[..beginning], ids[..^rest.Length]);
        return ids;
    }

    /// <summary>Windows that do not overlap. The context of each is the token before it, or the start token.</summary>
    public IReadOnlyList<EncodedRequest> Windows(string text, int length)
    {
        int[] ids = [start, .. tokenizer.EncodePlain(text)];
        var windows = new List<EncodedRequest>();
        for (var first = 1; first < ids.Length; first += length - 1)
            windows.Add(new EncodedRequest([ids[first - 1]], ids[first..Math.Min(ids.Length, first + length - 1)]));
        return windows;
    }

    string Laid(ModelPrompt prompt) => chat == ChatMode.Off ? prompt.Text : template!.Render(prompt.Messages(chat));

    /// <summary>Encodes special tokens that a chat template wrote as such; in plain text they stay text.</summary>
    int[] Ids(string text) => chat == ChatMode.Off ? tokenizer.EncodePlain(text) : tokenizer.Encode(text, marks: false);

    int[] WithStart(int[] ids) => ids is [var first, ..] && first == start && chat != ChatMode.Off ? OnlyOnce(ids) : [start, .. ids];

    sealed record Beginning(string Text, int[] Ids);

    int[] OnlyOnce(int[] ids) => ids is [_, var second, ..] && second == start
        ? throw new InvalidDataException($"the chat template begins a text with the start token {start} twice; expected it once")
        : ids;
}
