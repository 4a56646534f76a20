using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Recipes.Alignment;

/// <summary>What a checkpoint records of its data, so that a run resumes on the same.</summary>
static class DataIdentity
{
    public static JsonObject Of(int examples, Tokenizer tokenizer) => new()
    {
        ["examples"] = new JsonObject { ["count"] = examples, ["tokenizer"] = tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture) },
    };
}
