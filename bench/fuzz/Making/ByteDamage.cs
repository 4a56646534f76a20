using System.Buffers.Binary;

namespace Nonet.Fuzz.Making;

/// <summary>Damage that knows nothing of a format: bits, numbers of 4 and 8 bytes, cuts, insertions, digits.</summary>
static class ByteDamage
{
    /// <param name="seed">Sound bytes; they stay as they are.</param>
    /// <param name="dice">Where and what.</param>
    /// <param name="header">Most of the damage is within so many first bytes.</param>
    public static byte[] Of(byte[] seed, Dice dice, int header = 1024)
    {
        var bytes = (byte[])seed.Clone();
        for (var times = 1 + dice.Below(4); times > 0 && bytes.Length > 16; times--)
        {
            var at = dice.Below(dice.OneIn(3) ? bytes.Length : Math.Min(bytes.Length, header));
            switch (dice.Below(9))
            {
                case 0: bytes[at] ^= (byte)(1 << dice.Below(8)); break;
                case 1: bytes[at] = (byte)dice.Below(256); break;
                case 2 when at + 8 <= bytes.Length: BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), dice.Number()); break;
                case 3 when at + 4 <= bytes.Length: BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), (int)dice.Number()); break;
                case 4: bytes = bytes[..dice.Below(bytes.Length)]; break;
                case 5: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + dice.Below(40))..]]; break;
                case 6:
                    var from = dice.Below(bytes.Length);
                    bytes = [.. bytes[..at], .. bytes[from..Math.Min(bytes.Length, from + 1 + dice.Below(40))], .. bytes[at..]];
                    break;
                case 7: // another digit, in texts such as JSON
                    var digit = Array.FindIndex(bytes, at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)('0' + dice.Below(10));
                    break;
                default: dice.Bytes(Math.Min(bytes.Length - at, 1 + dice.Below(8))).CopyTo(bytes, at); break;
            }
        }
        return bytes;
    }
}
