using Nonet.Alignment;

namespace Nonet.Recipes.Alignment;

/// <summary>Tells the user how prompts are laid out.</summary>
static class LayoutNotices
{
    /// <summary>The chat template's use, in words; null: there is no template, and prompts are read as they stand.</summary>
    public static string? Of(PromptLayout layout) => layout.Template is null ? null
        : "prompts are conversations, laid out with the chat template; an answer ends with "
            + (layout.EndTokens.Count == 0 ? "the template's own text" : string.Join(" or ", layout.EndTokens.Select(id => layout.Tokenizer.TokenOf(id))));
}
