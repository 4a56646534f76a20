using System.Text;

namespace Nonet.Text.Unicode;

/// <summary>The four normalisation forms of Unicode (UAX 15), with the change of each character: see <see cref="Change"/>.</summary>
static class NormalForm
{
    const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7, Leads = 19, Vowels = 21, Tails = 28,
        Syllables = Leads * Vowels * Tails;

    /// <param name="text">The text; a lone surrogate becomes U+FFFD.</param>
    /// <param name="compatible">Whether compatibility mappings apply (NFKC and NFKD).</param>
    /// <param name="compose">Whether characters are composed (NFC and NFKC).</param>
    public static List<Change> Of(ReadOnlySpan<char> text, bool compatible, bool compose)
    {
        var changes = new List<Change>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var first = true;
            Decompose(rune.Value, compatible, changes, ref first);
        }
        Order(changes);
        if (compose)
            Compose(changes);
        return changes;
    }

    /// <summary>Whether a text is ASCII, which is the same in every form.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => Ascii.IsValid(text);

    static void Decompose(int c, bool compatible, List<Change> into, ref bool first)
    {
        if (c is >= HangulFirst and < HangulFirst + Syllables)
        {
            var s = c - HangulFirst;
            Add(LeadFirst + (s / (Vowels * Tails)), into, ref first);
            Add(VowelFirst + (s % (Vowels * Tails) / Tails), into, ref first);
            if (s % Tails != 0)
                Add(TailFirst + (s % Tails), into, ref first);
        }
        else if (c >= 0xA0 && UnicodeTables.Decomposition(c, compatible) is { } parts)
        {
            foreach (var part in parts)
                Decompose(part, compatible, into, ref first);
        }
        else
            Add(c, into, ref first);
    }

    static void Add(int c, List<Change> into, ref bool first)
    {
        into.Add(new Change(new Rune(c), first ? 0 : 1));
        first = false;
    }

    /// <summary>Sorts adjacent combining marks by their classes; the sort is stable.</summary>
    static void Order(List<Change> changes)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            if (Class(changes[i]) == 0)
                continue;
            var from = i;
            while (i < changes.Count && Class(changes[i]) != 0)
                i++;
            if (i - from > 1)
            {
                var sorted = changes[from..i].OrderBy(Class).ToList();
                for (var j = from; j < i; j++)
                    changes[j] = sorted[j - from];
            }
        }
    }

    static byte Class(Change change) => change.Rune.Value < 0x300 ? (byte)0 : UnicodeTables.CombiningClass(change.Rune.Value);

    static void Compose(List<Change> changes)
    {
        var (to, starter, lastClass) = (0, -1, -1);
        for (var i = 0; i < changes.Count; i++)
        {
            var (rune, by) = changes[i];
            var own = Class(changes[i]);
            if (starter >= 0 && (lastClass < own || lastClass < 0) && Pair(changes[starter].Rune.Value, rune.Value) is >= 0 and var joined)
            {
                changes[starter] = new Change(new Rune(joined), changes[starter].By + by - 1);
                continue;
            }
            if (own == 0)
                (starter, lastClass) = (to, -1);
            else
                lastClass = own;
            changes[to++] = changes[i];
        }
        changes.RemoveRange(to, changes.Count - to);
    }

    static int Pair(int first, int second)
    {
        if (first is >= LeadFirst and < LeadFirst + Leads && second is >= VowelFirst and < VowelFirst + Vowels)
            return HangulFirst + ((((first - LeadFirst) * Vowels) + second - VowelFirst) * Tails);
        if (first is >= HangulFirst and < HangulFirst + Syllables && (first - HangulFirst) % Tails == 0 && second is > TailFirst and < TailFirst + Tails)
            return first + second - TailFirst;
        return second < 0x300 ? -1 : UnicodeTables.Composition(first, second);
    }
}
