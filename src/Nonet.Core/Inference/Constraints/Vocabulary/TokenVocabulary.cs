using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Text;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Vocabulary;

/// <summary>
/// The tokens of a tokenizer by their bytes, prepared once for all constraints. Special tokens have bytes that UTF-8 does not use: they never match text, but
/// a grammar can refer to them. The end mark has no bytes.
/// </summary>
public sealed class TokenVocabulary
{
    /// <summary>First byte of a special token. Neither UTF-8 nor the end marks of the automata use it.</summary>
    internal const byte SpecialByte = 0xFD;

    static readonly ConditionalWeakTable<Tokenizer, TokenVocabulary> known = [];

    readonly byte[][] bytes;

    /// <param name="bytes">The bytes of each token; empty for a token that is not text.</param>
    public TokenVocabulary(IReadOnlyList<byte[]> bytes)
    {
        this.bytes = [.. bytes];
        All = new TokenTrie(Enumerable.Range(0, this.bytes.Length).Where(id => this.bytes[id].Length > 0), this.bytes);
        Slices = [new TokenSlice(plain, this.bytes), new TokenSlice(word, this.bytes)];
    }

    /// <summary>Characters that need no escape in a JSON string, without line ends.</summary>
    static readonly CodePointSet plain = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'), (0x7F, 0x7F), (0x2028, 0x2029), (0xD800, 0xDFFF)).Not();

    static readonly CodePointSet word = CodePointSet.Of(('a', 'z'), ('A', 'Z'), ('0', '9'), (' ', ' '), ('_', '_'));

    /// <summary>Ids run from 0 to Vocab - 1.</summary>
    public int Vocab => bytes.Length;

    internal TokenTrie All { get; }

    internal TokenSlice[] Slices { get; }

    /// <summary>The vocabulary of a tokenizer, created once for each.</summary>
    public static TokenVocabulary Of(Tokenizer tokenizer) => known.GetValue(tokenizer, Read);

    static TokenVocabulary Read(Tokenizer tokenizer)
    {
        var end = tokenizer.HasEndOfText ? tokenizer.EndOfText : -1;
        return new TokenVocabulary(
            [.. Enumerable.Range(0, tokenizer.Vocab).Select(id => id == end ? [] : tokenizer.IsSpecial(id) ? BytesOfSpecial(id) : BytesOfText(tokenizer, id))]);
    }

    /// <summary>The bytes of a token; empty if it contains <see cref="SpecialByte"/>, which UTF-8 does not use.</summary>
    static byte[] BytesOfText(Tokenizer tokenizer, int id) => tokenizer.BytesOf(id) is var bytes && bytes.Contains(SpecialByte) ? [] : bytes.ToArray();

    /// <summary>The bytes of a special token.</summary>
    internal static byte[] BytesOfSpecial(int id) => [SpecialByte, (byte)(id >> 16), (byte)(id >> 8), (byte)id];

    /// <summary>The tokens that contain one of several texts.</summary>
    public IReadOnlySet<int> TokensWith(IEnumerable<string> texts)
    {
        var found = new HashSet<int>();
        foreach (var text in texts.Select(Encoding.UTF8.GetBytes))
        {
            for (var id = 0; id < bytes.Length; id++)
            {
                if (bytes[id] is not [SpecialByte, ..] && bytes[id].AsSpan().IndexOf(text) >= 0)
                    found.Add(id);
            }
        }
        return found;
    }

    /// <summary>The bytes of a token; empty if it is not text.</summary>
    internal ReadOnlySpan<byte> BytesOf(int id) => bytes[id];
}
