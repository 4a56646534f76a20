using System.Text;
using Nonet.Text.Json;

namespace Nonet.Text;

/// <summary>
/// Bytes as tokens: the id of a byte is its value, and the end token has id 256. It is saved as a byte-level BPE without merges, which
/// gives the same ids in transformers.
/// </summary>
public sealed class ByteTokenizer : Tokenizer
{
    const int EndMark = 256;
    internal const string EndText = "<|endoftext|>";

    static readonly byte[] bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b), .. Encoding.ASCII.GetBytes(EndText)];
    static readonly byte[] definition = WriteDefinition();

    static PipelineTokenizer? pipeline; // for rarely used methods

    /// <inheritdoc/>
    public override string Kind => "bytes";

    /// <inheritdoc/>
    public override int Vocab => EndMark + 1;

    /// <inheritdoc/>
    public override int EndOfText => EndMark;
    internal override ReadOnlyMemory<byte> Definition => definition;
    internal override ReadOnlyMemory<byte> Config => TokenizerJsonWriter.Config(EndText);

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public override int[] EncodePlain(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var ids = new int[utf8.Length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = utf8[i];
        return ids;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> BytesOf(int id) => id switch
    {
        >= 0 and < EndMark => bytes.AsSpan(id, 1),
        EndMark => bytes.AsSpan(EndMark),
        _ => throw OutOfRange(id),
    };

    /// <summary>Whether a tokenizer.json was written by this class.</summary>
    internal static bool Is(ReadOnlySpan<byte> content) => content.SequenceEqual(definition);

    /// <inheritdoc/>
    public override Encoded EncodeFull(string text, string? pair = null, EncodeOptions? options = null) =>
        (pipeline ??= new PipelineTokenizer(TokenizerJson.Parse(FileName, definition, Config.ToArray()))).EncodeFull(text, pair, options);

    /// <inheritdoc/>
    public override string? TokenOf(int id) => id switch
    {
        >= 0 and < EndMark => ByteAlphabet.Character((byte)id).ToString(),
        EndMark => EndText,
        _ => null,
    };

    /// <inheritdoc/>
    public override int? IdOf(string token) => token == EndText ? EndMark : ByteAlphabet.Bytes(token) is [var b] ? b : null;

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => id == EndMark;

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

    static byte[] WriteDefinition() => TokenizerJsonWriter.ByteLevelBpe(
        [.. Enumerable.Range(0, 256).Select(b => KeyValuePair.Create(ByteAlphabet.Character((byte)b).ToString(), b))], [],
        [new AddedToken(EndMark, EndText, Special: true)], split: "");
}
