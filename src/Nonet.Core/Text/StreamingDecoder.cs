using System.Text;

namespace Nonet.Text;

/// <summary>Decodes ids one by one. The bytes of an incomplete character are held back.</summary>
public abstract class StreamingDecoder
{
    /// <summary>Continues after a text: the following ids are decoded as its continuation.</summary>
    /// <param name="ids">Last tokens of the text, without special tokens.</param>
    public virtual void Follow(ReadOnlySpan<int> ids) { }

    /// <summary>Text that an id completes: often the text of its bytes, sometimes empty.</summary>
    public abstract string Add(int id);

    /// <summary>The remaining text: U+FFFD for an incomplete character. Afterwards the decoder can be used again.</summary>
    public abstract string Finish();

    /// <summary>For tokenizers whose ids are bytes that do not depend on their neighbours.</summary>
    internal sealed class OfBytes(Tokenizer tokenizer) : StreamingDecoder
    {
        readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
        char[] characters = new char[64];

        public override string Add(int id) => Convert(tokenizer.BytesOf(id), flush: false);

        public override string Finish() => Convert([], flush: true);

        string Convert(ReadOnlySpan<byte> bytes, bool flush)
        {
            var most = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
            if (characters.Length < most)
                characters = new char[most];
            return new string(characters, 0, utf8.GetChars(bytes, characters, flush));
        }
    }

    /// <summary>For other tokenizers: decodes the last ids with and without the new ones. Text that was returned does not change.</summary>
    internal sealed class OfTokens(Tokenizer tokenizer) : StreamingDecoder
    {
        const int MostHeld = 16, Context = 8;

        readonly List<int> window = [];
        int told; // number of ids in the window whose text has been returned

        public override void Follow(ReadOnlySpan<int> ids)
        {
            window.Clear();
            window.AddRange(ids[Math.Max(0, ids.Length - Context)..]);
            told = window.Count;
        }

        public override string Add(int id)
        {
            window.Add(id);
            var text = tokenizer.Decode(window.ToArray());
            return text.EndsWith('\uFFFD') && window.Count - told < MostHeld ? "" : Tell(text);
        }

        public override string Finish()
        {
            var rest = told < window.Count ? Tell(tokenizer.Decode(window.ToArray())) : "";
            window.Clear();
            told = 0;
            return rest;
        }

        string Tell(string text)
        {
            var before = told == 0 ? "" : tokenizer.Decode(window[..told].ToArray());
            if (tokenizer.Decode(window[told..].ToArray()).Length > 0) // otherwise the next ids would be decoded as the beginning of a text
                window.RemoveRange(0, told);
            told = window.Count;
            return text.Length > before.Length ? text[before.Length..] : "";
        }
    }
}
