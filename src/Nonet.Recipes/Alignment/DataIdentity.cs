using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;

namespace Nonet.Recipes.Alignment;

/// <summary>What a checkpoint records of its data, so that a run resumes on the same.</summary>
static class DataIdentity
{
    public static JsonObject Of(int examples, PromptLayout layout)
    {
        var identity = new JsonObject { ["count"] = examples, ["tokenizer"] = layout.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture) };
        AddTemplate(identity, layout);
        return new JsonObject { ["examples"] = identity };
    }

    /// <summary>Adds the chat template, if prompts are laid out with one.</summary>
    public static void AddTemplate(JsonObject identity, PromptLayout layout)
    {
        if (layout.Template is { } template)
            identity["chat_template"] = template.Fingerprint.ToString("x16", CultureInfo.InvariantCulture);
    }
}
