using Nonet.Text;

namespace Nonet.ToolUse.Calls;

/// <summary>
/// Calls as tokens. A call is encoded as it is inside a text, so that its mark is the same token at the beginning of a text, where some tokenizers would add a
/// blank or another mark.
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
