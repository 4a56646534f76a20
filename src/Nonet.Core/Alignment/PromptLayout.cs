using Nonet.Text;

namespace Nonet.Alignment;

/// <summary>
/// Ids of prompts and answers. A prompt is read as it stands, with the marks of a chat in it if there are any. An answer is encoded by itself, as a policy
/// writes it, and ends with the end token.
/// </summary>
/// <param name="tokenizer">Tokenizer of the model.</param>
public sealed class PromptLayout(Tokenizer tokenizer)
{
    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => tokenizer;

    /// <summary>Ids of a prompt, without an end token; an empty prompt is the end of a text before it.</summary>
    public int[] Prompt(string text)
    {
        var ids = tokenizer.Encode(text);
        if (tokenizer.HasEndOfText && ids is [.. var before, var last] && last == tokenizer.EndOfText)
            ids = before;
        return ids.Length > 0 ? ids : [tokenizer.EndOfText];
    }

    /// <summary>Ids of an answer, with the end token.</summary>
    public int[] Answer(string text) => [.. tokenizer.EncodePlain(text), tokenizer.EndOfText];

    /// <summary>Text of a response, without its end token.</summary>
    public string Text(ReadOnlySpan<int> ids) => tokenizer.Decode(ids is [.. var before, var last] && tokenizer.HasEndOfText && last == tokenizer.EndOfText
        ? before.ToArray() : ids.ToArray());

    /// <summary>
    /// Prompt and answer as one sequence of at most so many ids: of a longer one the beginning of the prompt is left out, then the end of the answer.
    /// </summary>
    public static int[] Join(int[] prompt, int[] answer, int longest)
    {
        if (prompt.Length + answer.Length <= longest)
            return [.. prompt, .. answer];
        var kept = Math.Min(answer.Length, longest - 1);
        return [.. prompt[^Math.Min(prompt.Length, longest - kept)..], .. answer[..kept]];
    }
}
