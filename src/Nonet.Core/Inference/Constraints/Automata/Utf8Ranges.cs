using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Automata;

/// <summary>Converts ranges of code points to UTF-8 byte sequences. A range is split where the length or a leading byte changes.</summary>
static class Utf8Ranges
{
    static readonly int[] lastOfLength = [0x7F, 0x7FF, 0xFFFF, CodePointSet.Last];

    /// <summary>One character of a set, without surrogates.</summary>
    public static Expression Expression(ExpressionStore store, CodePointSet set)
    {
        var sequences = new List<(byte From, byte To)[]>();
        foreach (var (from, to) in set.Ranges)
        {
            foreach (var (low, high) in new[] { (from, Math.Min(to, 0xD7FF)), (Math.Max(from, 0xE000), to) })
            {
                if (low <= high)
                    Cut(low, high, sequences);
            }
        }
        return Join(store, sequences, 0);
    }

    /// <summary>The byte sequences of a range of code points without surrogates.</summary>
    public static List<(byte From, byte To)[]> Sequences(int from, int to)
    {
        var sequences = new List<(byte From, byte To)[]>();
        Cut(from, to, sequences);
        return sequences;
    }

    static void Cut(int from, int to, List<(byte From, byte To)[]> sequences)
    {
        foreach (var last in lastOfLength)
        {
            if (from <= last && to > last)
            {
                Cut(from, last, sequences);
                Cut(last + 1, to, sequences);
                return;
            }
        }
        var length = Array.FindIndex(lastOfLength, last => to <= last) + 1;
        for (var trailing = 1; trailing < length; trailing++)
        {
            var mask = (1 << (6 * trailing)) - 1;
            if ((from & ~mask) == (to & ~mask))
                continue;
            if ((from & mask) != 0)
            {
                Cut(from, from | mask, sequences);
                Cut((from | mask) + 1, to, sequences);
                return;
            }
            if ((to & mask) != mask)
            {
                Cut(from, (to & ~mask) - 1, sequences);
                Cut(to & ~mask, to, sequences);
                return;
            }
        }
        sequences.Add([.. Enumerable.Range(0, length).Select(i => (ByteOf(from, i, length), ByteOf(to, i, length)))]);
    }

    static byte ByteOf(int codePoint, int i, int length) =>
        length == 1 ? (byte)codePoint : i > 0 ? (byte)(0x80 | (codePoint >> (6 * (length - 1 - i)) & 0x3F))
        : (byte)((0xF0 << (4 - length)) | codePoint >> (6 * (length - 1)));

    static Expression Join(ExpressionStore store, IEnumerable<(byte From, byte To)[]> sequences, int at)
    {
        var byTail = new Dictionary<Expression, ByteSet>();
        foreach (var group in sequences.GroupBy(s => s[at]))
        {
            var tail = group.First().Length == at + 1 ? store.Empty : Join(store, group, at + 1);
            byTail[tail] = byTail.GetValueOrDefault(tail) | ByteSet.Range(group.Key.From, group.Key.To);
        }
        return store.Or(byTail.Select(t => store.Concat(store.Bytes(t.Value), t.Key, isText: at == 0)));
    }
}
