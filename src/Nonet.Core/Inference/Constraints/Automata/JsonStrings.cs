using System.Text;

namespace Nonet.Inference.Constraints.Automata;

/// <summary>
/// The spellings of JSON strings: converts a language of values to the language of their JSON texts, with all escapes of RFC 8259. The escape of a high
/// surrogate must be followed by that of a low surrogate.
/// </summary>
sealed class JsonStrings(ExpressionStore store)
{
    /// <summary>Phases of a JSON string: outside of an escape, and at a position within one.</summary>
    public const int Raw = 0, Escape = 1, LowBackslash = 2, LowEscape = 3, Digits = 4; // Digits + n: n of four digits have been read

    static readonly ByteSet hex = ByteSet.Of("0123456789abcdefABCDEF");

    /// <summary>Bytes that a phase distinguishes.</summary>
    public static void AddFirst(Expression x, HashSet<ByteSet> sets)
    {
        switch (x.Min)
        {
            case Raw:
                sets.Add(ByteSet.Of("\""));
                sets.Add(ByteSet.Of("\\"));
                sets.Add(ByteSet.Range(0, 0x1F));
                break;
            case Escape:
                foreach (var c in "\"\\/bfnrtu")
                    sets.Add(ByteSet.Of((byte)c));
                break;
            case LowBackslash:
                sets.Add(ByteSet.Of("\\"));
                break;
            case LowEscape:
                sets.Add(ByteSet.Of("u"));
                break;
            default:
                for (var digit = 0; digit < 16; digit++)
                    sets.Add(ByteSet.Of($"{digit:x}{digit:X}"));
                break;
        }
    }

    public Expression Derive(Derivatives derivatives, Expression x, byte b)
    {
        switch (x.Min)
        {
            case Raw:
                return b switch
                {
                    (byte)'"' => x.Left.IsNullable ? store.Empty : store.Nothing,
                    (byte)'\\' => MayEscape(derivatives, x.Left) ? store.JsonString(x.Left, Escape) : store.Nothing,
                    < 0x20 => store.Nothing,
                    _ => store.JsonString(derivatives.Of(x.Left, b)),
                };
            case Escape when b == 'u':
                return MayBe(derivatives, x.Left, 0, 0, 0) ? store.JsonString(x.Left, Digits) : store.Nothing;
            case Escape:
                return "\"\\/bfnrt".IndexOf((char)b, StringComparison.Ordinal) is >= 0 and var at ? After(derivatives, x.Left, "\"\\/\b\f\n\r\t"[at])
                    : store.Nothing;
            case LowBackslash:
                return b == '\\' ? store.JsonString(x.Left, LowEscape, x.Max) : store.Nothing;
            case LowEscape:
                return b == 'u' ? store.JsonString(x.Left, Digits, x.Max) : store.Nothing;
            default:
                return hex.Contains(b) ? Digit(derivatives, x, Convert.ToInt32(((char)b).ToString(), 16)) : store.Nothing;
        }
    }

    /// <summary>Reads one more digit. The lower 16 bits of the number are the value so far, the upper ones the preceding high surrogate.</summary>
    Expression Digit(Derivatives derivatives, Expression x, int digit)
    {
        var (count, value, high) = (x.Min - Digits + 1, ((x.Max & 0xFFFF) << 4) | digit, x.Max >> 16);
        if (!MayBe(derivatives, x.Left, count, value, high))
            return store.Nothing;
        if (count < 4)
            return store.JsonString(x.Left, Digits + count, (high << 16) | Merged(x.Left, count, value, high));
        if (high != 0)
            return After(derivatives, x.Left, char.ConvertToUtf32((char)high, (char)value));
        return char.IsHighSurrogate((char)value) ? store.JsonString(x.Left, LowBackslash, value << 16) : After(derivatives, x.Left, value);
    }

    /// <summary>Merges states: if the value allows any character, it only matters whether the escape is a surrogate.</summary>
    int Merged(Expression left, int count, int value, int high)
    {
        if (left.Kind != ExpressionKind.Repeat || left.Left != store.AnyCharacter)
            return value;
        if (high != 0)
            return count == 1 ? 0xD : count == 2 ? 0xDC : 0xDC0;
        return count switch
        {
            1 => value == 0xD ? value : 0,
            2 => value is >= 0xD8 and <= 0xDB ? 0xD8 : 0,
            _ => value is >= 0xD80 and <= 0xDBF ? 0xD80 : 0,
        };
    }

    Expression After(Derivatives derivatives, Expression value, int codePoint)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var next = derivatives.Of(value, utf8[..new Rune(codePoint).EncodeToUtf8(utf8)]);
        return derivatives.IsEmpty(next) ? store.Nothing : store.JsonString(next);
    }

    /// <summary>Whether the value may continue with a character that an escape can spell. False in the middle of a character.</summary>
    static bool MayEscape(Derivatives derivatives, Expression value) => derivatives.MayStartWith(value, 0, 0x10FFFF);

    /// <summary>Whether some completion of the digits is a character with which the value may continue.</summary>
    static bool MayBe(Derivatives derivatives, Expression value, int count, int digits, int high)
    {
        var (from, to) = (digits << (4 * (4 - count)), ((digits + 1) << (4 * (4 - count))) - 1);
        if (high != 0)
        {
            (from, to) = (Math.Max(from, 0xDC00), Math.Min(to, 0xDFFF));
            return from <= to && derivatives.MayStartWith(value, char.ConvertToUtf32((char)high, (char)from), char.ConvertToUtf32((char)high, (char)to));
        }
        if (derivatives.MayStartWith(value, from, to))
            return true;
        var (highFrom, highTo) = (Math.Max(from, 0xD800), Math.Min(to, 0xDBFF));
        return highFrom <= highTo && derivatives.MayStartWith(value, 0x10000 + ((highFrom - 0xD800) << 10), 0x10000 + ((highTo - 0xD800) << 10) + 0x3FF);
    }
}
