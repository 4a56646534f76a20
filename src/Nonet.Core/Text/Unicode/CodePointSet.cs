using System.Globalization;

namespace Nonet.Text.Unicode;

/// <summary>A set of code points, as sorted ranges that neither touch nor overlap.</summary>
sealed class CodePointSet
{
    public const int Last = 0x10FFFF;

    public static readonly CodePointSet Empty = new([]);
    public static readonly CodePointSet All = new([(0, Last)]);

    readonly (int From, int To)[] ranges;
    ulong[]? basicPlane; // one bit per code point, created on first use
    CodePointSet? not;

    CodePointSet((int From, int To)[] ranges) => this.ranges = ranges;

    public IReadOnlyList<(int From, int To)> Ranges => ranges;

    public static CodePointSet Of(params IEnumerable<(int From, int To)> ranges)
    {
        var merged = new List<(int From, int To)>();
        foreach (var (from, to) in ranges.OrderBy(r => r.From))
        {
            if (merged.Count > 0 && from <= merged[^1].To + 1)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, to));
        }
        return new CodePointSet([.. merged]);
    }

    /// <summary>The code points for which a predicate holds, without surrogates.</summary>
    public static CodePointSet Where(Func<int, bool> holds)
    {
        var found = new List<(int, int)>();
        for (var c = 0; c <= Last; c++)
        {
            if (c is >= 0xD800 and < 0xE000 || !holds(c))
                continue;
            var from = c;
            while (c < Last && c + 1 is not 0xD800 && holds(c + 1))
                c++;
            found.Add((from, c));
        }
        return new CodePointSet([.. found]);
    }

    /// <summary>Ranges as hexadecimal numbers: "41-5A 61-7A AA".</summary>
    public static CodePointSet Parse(ReadOnlySpan<char> text)
    {
        var found = new List<(int, int)>();
        foreach (var part in text.Split(' '))
        {
            var range = text[part];
            var dash = range.IndexOf('-');
            var from = int.Parse(dash < 0 ? range : range[..dash], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            found.Add((from, dash < 0 ? from : int.Parse(range[(dash + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }
        return new CodePointSet([.. found]);
    }

    public bool Contains(int codePoint)
    {
        if (codePoint < 0x10000)
            return ((basicPlane ??= Bits())[codePoint >> 6] >> codePoint & 1) != 0;
        var (low, high) = (0, ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < ranges[middle].From)
                high = middle - 1;
            else if (codePoint > ranges[middle].To)
                low = middle + 1;
            else
                return true;
        }
        return false;
    }

    ulong[] Bits()
    {
        var bits = new ulong[0x10000 / 64];
        foreach (var (from, to) in ranges)
        {
            for (var c = from; c <= Math.Min(to, 0xFFFF); c++)
                bits[c >> 6] |= 1UL << c;
        }
        return bits;
    }

    public CodePointSet Or(CodePointSet other) => Of([.. ranges, .. other.ranges]);

    public CodePointSet And(CodePointSet other) => Not().Or(other.Not()).Not();

    public CodePointSet Not() => not ??= Complement();

    CodePointSet Complement()
    {
        var (gaps, next) = (new List<(int, int)>(), 0);
        foreach (var (from, to) in ranges)
        {
            if (from > next)
                gaps.Add((next, from - 1));
            next = to + 1;
        }
        if (next <= Last)
            gaps.Add((next, Last));
        return new CodePointSet([.. gaps]);
    }
}
