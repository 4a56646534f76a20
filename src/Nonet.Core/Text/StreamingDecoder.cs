using System.Text;

namespace Nonet.Text;

/// <summary>Text of ids as they come: the bytes of a character that is not yet whole are held back.</summary>
public abstract class StreamingDecoder
{
    /// <summary>Goes on after a text: what follows is joined to it as its tokens want.</summary>
    /// <param name="ids">The text's last tokens, without marks.</param>
    public virtual void Follow(ReadOnlySpan<int> ids) { }

    /// <summary>The text that the id completes; often that of its bytes, sometimes nothing.</summary>
    public abstract string Add(int id);

    /// <summary>What is left: U+FFFD for a character that never became whole. The decoder can be used anew.</summary>
    public abstract string Finish();

    /// <summary>For tokenizers whose ids are bytes, whatever their neighbours.</summary>
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

    /// <summary>For others: the text of the last ids with and without the new ones; what is told stays.</summary>
    internal sealed class OfTokens(Tokenizer tokenizer) : StreamingDecoder
    {
        const int MostHeld = 16, Context = 8;

        readonly List<int> window = [];
        int told; // ids of the window whose text has been told

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
            if (tokenizer.Decode(window[told..].ToArray()).Length > 0) // else what comes next would take itself for the beginning
                window.RemoveRange(0, told);
            told = window.Count;
            return text.Length > before.Length ? text[before.Length..] : "";
        }
    }
}
