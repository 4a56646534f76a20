using System.Collections.Frozen;
using System.Text;
using Nonet.Text.Normalizers;
using Nonet.Text.Unicode;

namespace Nonet.Text;

/// <summary>
/// Printable characters that byte-level BPE uses for bytes: a byte that is printable in Latin-1 is itself, the others are U+0100 and
/// following, in order. openai/gpt-2, encoder.py, bytes_to_unicode.
/// </summary>
static class ByteAlphabet
{
    static readonly char[] characters = Make();
    static readonly FrozenDictionary<char, byte> bytes = characters.Select((c, b) => KeyValuePair.Create(c, (byte)b)).ToFrozenDictionary();

    public static char Character(byte b) => characters[b];

    /// <summary>Token for a sequence of bytes.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        Span<char> token = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            token[i] = characters[bytes[i]];
        return new string(token);
    }

    /// <summary>Spells a text in place. The character of every byte keeps the origin of the character that it came from.</summary>
    public static void Spell(AlignedText text)
    {
        var changes = new List<Change>(text.Text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.Text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(utf8);
            for (var i = 0; i < count; i++)
                changes.Add(new Change(new Rune(characters[utf8[i]]), i > 0 ? 1 : 0));
        }
        text.Change(changes);
    }

    /// <summary>Bytes that a token spells; null if a character is not one of the 256.</summary>
    public static byte[]? Bytes(string token)
    {
        var result = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!bytes.TryGetValue(token[i], out result[i]))
                return null;
        }
        return result;
    }

    static char[] Make()
    {
        var made = new char[256];
        var next = (char)256;
        for (var b = 0; b < 256; b++)
            made[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : next++;
        return made;
    }
}
