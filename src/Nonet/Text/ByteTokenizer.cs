using System.Text;

namespace Nonet.Text;

/// <summary>
/// Bytes as tokens: id = byte, and one end mark, 256. Saved as a byte-level BPE without merges, which gives transformers the same ids.
/// </summary>
public sealed class ByteTokenizer : Tokenizer
{
    const int EndMark = 256;
    internal const string EndText = "<|endoftext|>";

    static readonly byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b), .. Encoding.ASCII.GetBytes(EndText)];
    static readonly byte[] definition = WriteDefinition();

    public override int Vocab => EndMark + 1;
    public override int EndOfText => EndMark;
    internal override ReadOnlyMemory<byte> Definition => definition;
    internal override ReadOnlyMemory<byte> Config => TokenizerJson.WriteConfig(EndText);

    public override int[] Encode(string text, bool marks = true)
    {
        var ids = new List<int>(text.Length);
        var rest = text.AsSpan();
        while (rest.IndexOf(EndText, StringComparison.Ordinal) is var end && end >= 0)
        {
            Append(rest[..end], ids);
            ids.Add(EndMark);
            rest = rest[(end + EndText.Length)..];
        }
        Append(rest, ids);
        return [.. ids];
    }

    public override int[] EncodePlain(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var ids = new int[utf8.Length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = utf8[i];
        return ids;
    }

    public override ReadOnlySpan<byte> BytesOf(int id) => id switch
    {
        >= 0 and < EndMark => bytes.AsSpan(id, 1),
        EndMark => bytes.AsSpan(EndMark),
        _ => throw OutOfRange(id),
    };

    /// <summary>Whether a tokenizer.json says what this class does.</summary>
    internal static bool Is(TokenizerJson json) =>
        json.Vocabulary.Count is 256 or 257 && json.Merges.Count == 0 && json.Added.Count == 1 && json.Added[0] is { Id: EndMark, Content: EndText }
        && json.Before.Count + json.After.Count == 0 && json.EndOfText == EndMark && !json.AddPrefixSpace
        && Enumerable.Range(0, 256).All(b => json.Vocabulary.TryGetValue(ByteAlphabet.Character((byte)b).ToString(), out var id) && id == b);

    static void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[256];
        while (!text.IsEmpty)
        {
            System.Text.Unicode.Utf8.FromUtf16(text, utf8, out var read, out var written);
            foreach (var b in utf8[..written])
                ids.Add(b);
            text = text[read..];
        }
    }

    static byte[] WriteDefinition() => TokenizerJson.Write(
        [.. Enumerable.Range(0, 256).Select(b => KeyValuePair.Create(ByteAlphabet.Character((byte)b).ToString(), b))], [], [KeyValuePair.Create(EndText, EndMark)], split: "");
}
