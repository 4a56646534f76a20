using Nonet.Alignment;

namespace Nonet.Recipes.Alignment;

/// <summary>Messages about the layout of prompts.</summary>
static class LayoutNotices
{
    /// <summary>Description of the layout by a chat template; null without a template, where prompts are plain text.</summary>
    public static string? Of(PromptLayout layout) => layout.Template is null ? null
        : "prompts are conversations, laid out with the chat template; an answer ends with "
            + (layout.EndTokens.Count == 0 ? "the template's own text" : string.Join(" or ", layout.EndTokens.Select(id => layout.Tokenizer.TokenOf(id))));
}
