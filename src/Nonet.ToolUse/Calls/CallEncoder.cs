using Nonet.Text;

namespace Nonet.ToolUse.Calls;

/// <summary>
/// Encodes calls as tokens. A call is encoded as if inside a text, so that its mark has the same tokens at the beginning of a text, where some tokenizers would
/// add a space or another sign.
/// </summary>
sealed class CallEncoder(Tokenizer tokenizer)
{
    const string Before = "a";

    readonly int[] before = tokenizer.EncodePlain(Before);

    /// <summary>The tokens of a text that follows another.</summary>
    public int[] Encode(string text)
    {
        var both = tokenizer.EncodePlain(Before + text);
        return both.AsSpan().StartsWith(before) ? both[before.Length..] : tokenizer.EncodePlain(text);
    }
}
