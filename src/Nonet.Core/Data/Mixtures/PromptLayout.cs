using System.Text;

namespace Nonet.Data.Mixtures;

/// <summary>Parts of a prompt and its answer as texts, before they are put together.</summary>
/// <param name="Instruction">Text before everything else; null: none.</param>
/// <param name="Exemplars">Questions with their answers.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">The answer.</param>
sealed record PromptParts(string? Instruction, IReadOnlyList<(string Question, string Answer)> Exemplars, string Question, string Answer);

/// <summary>Puts the parts of a prompt together.</summary>
static class PromptLayout
{
    /// <summary>
    /// The prompt, and the completion that a model should write. The prompt does not end in a blank: blanks before the answer belong to the
    /// completion, so that a tokenizer splits both as it would split the whole text.
    /// </summary>
    /// <param name="parts">The parts.</param>
    /// <param name="style">Labels and blanks.</param>
    /// <param name="whole">Whether the questions are used as they are, without labels.</param>
    public static (string Prompt, string Completion) Of(PromptParts parts, PromptStyle style, bool whole = false)
    {
        if (whole)
            style = style with { Input = "", Target = "", Between = "\n" };
        var text = new StringBuilder();
        if (parts.Instruction is not null)
            text.Append(parts.Instruction).Append(style.Head);
        foreach (var (question, answer) in parts.Exemplars)
            text.Append(style.Input).Append(question).Append(style.Between).Append(style.Target).Append(answer).Append(style.Separator);
        text.Append(style.Input).Append(parts.Question).Append(style.Between).Append(style.Target);
        var end = text.Length;
        while (end > 0 && char.IsWhiteSpace(text[end - 1]))
            end--;
        var prompt = text.ToString();
        return (prompt[..end], prompt[end..] + parts.Answer);
    }
}
