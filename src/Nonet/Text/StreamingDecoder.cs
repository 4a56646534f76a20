using System.Text;

namespace Nonet.Text;

/// <summary>Text of ids as they come: the bytes of a character that is not yet whole are held back.</summary>
public sealed class StreamingDecoder
{
    readonly Tokenizer tokenizer;
    readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
    char[] characters = new char[64];

    internal StreamingDecoder(Tokenizer tokenizer) => this.tokenizer = tokenizer;

    /// <summary>The text that the id completes; often that of its bytes, sometimes nothing.</summary>
    public string Add(int id) => Convert(tokenizer.BytesOf(id), flush: false);

    /// <summary>What is left: U+FFFD for a character that never became whole. The decoder can be used anew.</summary>
    public string Finish() => Convert([], flush: true);

    string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        var most = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
        if (characters.Length < most)
            characters = new char[most];
        return new string(characters, 0, utf8.GetChars(bytes, characters, flush));
    }
}
