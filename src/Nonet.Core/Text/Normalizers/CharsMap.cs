using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Text.Normalizers;

/// <summary>
/// SentencePiece's precompiled normalisation rules: a double-array trie from UTF-8 bytes to positions in a list of zero-terminated texts.
/// google/sentencepiece, normalizer.cc. Every step is checked against the file: a damaged file leads to missing matches, never to reads
/// outside it.
/// </summary>
sealed class CharsMap
{
    const int LongestKey = 256;

    readonly uint[] units;
    readonly byte[] texts;

    /// <param name="content">Four bytes of length, the trie, the texts; empty: no rules.</param>
    /// <param name="file">File name for error messages.</param>
    /// <param name="field">Field name for error messages.</param>
    public CharsMap(ReadOnlySpan<byte> content, string file, string field)
    {
        if (content.Length == 0)
        {
            (units, texts) = ([], []);
            return;
        }
        var length = content.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(content);
        if (length > content.Length - 4 || length % 4 != 0)
            throw new MalformedFileException(file, $"'{field}': {content.Length} bytes, of them a trie of {(length == uint.MaxValue ? "unknown" : length)}",
                "a trie, then texts");
        units = new uint[length / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(content[(4 + (4 * i))..]);
        texts = content[(4 + (int)length)..].ToArray();
    }

    public bool IsEmpty => units.Length == 0;

    /// <summary>Finds the longest (or shortest) rule that matches the beginning of a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="shortest">Whether to find the shortest rule.</param>
    /// <param name="length">Number of bytes that the rule covers; 0: no rule.</param>
    /// <returns>Replacement as UTF-8.</returns>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> utf8, bool shortest, out int length)
    {
        var (node, place) = (0L, -1);
        length = 0;
        if (units.Length == 0)
            return default;
        node ^= Offset(units[0]);
        for (var i = 0; i < Math.Min(utf8.Length, LongestKey); i++)
        {
            node ^= utf8[i];
            if (node >= units.Length || (units[node] & 0x800000FF) != utf8[i])
                break;
            var unit = units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0 || node >= units.Length)
                continue;
            (place, length) = ((int)(units[node] & 0x7FFFFFFF), i + 1);
            if (shortest)
                break;
        }
        if (place < 0 || place >= texts.Length)
        {
            length = 0;
            return default;
        }
        var rest = texts.AsSpan(place);
        var end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Whether a rule begins with these bytes, or equals them.</summary>
    public bool Begins(ReadOnlySpan<byte> utf8)
    {
        if (units.Length == 0)
            return false;
        var node = Offset(units[0]);
        foreach (var b in utf8)
        {
            node ^= b;
            if (node >= units.Length || (units[node] & 0x800000FF) != b)
                return false;
            node ^= Offset(units[node]);
        }
        return true;
    }

    /// <summary>Whether a longer rule begins with these bytes.</summary>
    public bool GoesOn(ReadOnlySpan<byte> utf8)
    {
        Span<byte> longer = stackalloc byte[utf8.Length + 1];
        utf8.CopyTo(longer);
        for (var b = 1; b < 256; b++)
        {
            longer[^1] = (byte)b;
            if (Begins(longer))
                return true;
        }
        return false;
    }

    /// <summary>Replacement of a text as tokenizers computes it, by the shortest matching rule; null if no rule matches.</summary>
    public string? Replacement(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[64];
        if (text.Length > 16)
            return null;
        var found = Find(utf8[..Encoding.UTF8.GetBytes(text, utf8)], shortest: true, out var length);
        return length == 0 ? null : Encoding.UTF8.GetString(found);
    }

    static long Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
