using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;

namespace Nonet.Recipes.Alignment;

/// <summary>Identity of the data, which checkpoints record so that a run can only be resumed on the same data.</summary>
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
