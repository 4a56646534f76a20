using System.Text;
using Nonet.Files;

namespace Nonet.Text.PreTokenizers;

/// <summary>Fields that the pre-tokenizer Metaspace and the decoder Metaspace share.</summary>
static class Metaspace
{
    public static string Replacement(JsonFields json)
    {
        var text = json.Text("replacement") ?? "\u2581";
        return Rune.DecodeFromUtf16(text, out _, out var width) == System.Buffers.OperationStatus.Done && width == text.Length ? text
            : throw json.Wrong("replacement", "one character");
    }

    /// <summary>first, always or never; older files say add_prefix_space instead.</summary>
    public static string Scheme(JsonFields json)
    {
        var scheme = json.Text("prepend_scheme");
        if (scheme is not (null or "first" or "always" or "never"))
            throw json.Wrong("prepend_scheme", "first, always or never");
        return json.Flag("add_prefix_space", true) ? scheme ?? "always" : "never";
    }
}
