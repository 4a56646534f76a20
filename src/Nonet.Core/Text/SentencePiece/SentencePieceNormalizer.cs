using System.Text;
using Nonet.Text.Normalizers;
using Nonet.Text.Segmentation;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Applies a model's rules from left to right, always the longest that matches, and handles spaces as the model says. User-defined pieces
/// do not change. google/sentencepiece, normalizer.cc.
/// </summary>
sealed class SentencePieceNormalizer : Normalizer
{
    const char Space = '\u2581';
    const int LongestRule = 64; // in UTF-16 units
    const int RememberedPairs = 1 << 13;
    const byte Unseen = 0, Same = 1, Single = 2, Longer = 4; // Longer is added to Same or Single if a longer rule begins with the unit

    readonly CharsMap rules;
    readonly PieceTrie userDefined;
    readonly char space;
    readonly bool dummyPrefix, onlyFirst, removeExtra, asSuffix;
    readonly byte[] kinds = new byte[char.MaxValue + 1]; // for each unit: its replacement if it is alone, and whether a longer rule begins with it
    readonly string?[] singles = new string?[char.MaxValue + 1];
    readonly uint[] strangers = new uint[RememberedPairs]; // pairs of units with which no rule begins

    /// <param name="definition">The model.</param>
    /// <param name="userDefined">Texts of user-defined pieces.</param>
    /// <param name="onlyFirst">Whether the text after a special token gets no space before it.</param>
    /// <param name="file">File name for error messages.</param>
    public SentencePieceNormalizer(SentencePieceDefinition definition, PieceTrie userDefined, bool onlyFirst, string file)
    {
        this.userDefined = userDefined;
        this.onlyFirst = onlyFirst;
        rules = new CharsMap(definition.CharsMap.Span, file, "normalizer_spec.precompiled_charsmap");
        (dummyPrefix, removeExtra, asSuffix) = (definition.DummyPrefix, definition.RemoveExtraSpaces, definition.SpaceAsSuffix);
        space = definition.EscapeSpaces ? Space : ' ';
    }

    public override void Apply(AlignedText part)
    {
        var text = part.Text;
        var (result, origins) = (new StringBuilder(text.Length + 8), part.HasOrigins ? new List<(int, int)>(text.Length + 8) : null);
        var at = 0;
        while (removeExtra && at < text.Length && Next(text, at, out var width) is " ")
            at += width;
        if (at == text.Length)
        {
            part.Set("", origins is null ? null : []);
            return;
        }
        var prefix = dummyPrefix && (!onlyFirst || part.Start == 0);
        if (prefix && !asSuffix)
            Add(space, origins is null ? default : (part.Original(at, at + 1).Start, part.Original(at, at + 1).Start));
        var afterSpace = removeExtra;
        while (at < text.Length)
        {
            if (origins is null && Unchanged(text, at) is > 0 and var run)
            {
                result.Append(text, at, run);
                at += run;
                afterSpace = false;
                continue;
            }
            var changed = Next(text, at, out var width);
            part.Expect((long)result.Length + (changed?.Length ?? width));
            var put = changed ?? text.AsSpan(at, width);
            put = afterSpace ? put.TrimStart(' ') : put;
            if (put.IsEmpty && origins is [.., var last])
                origins[^1] = (last.Item1, part.Original(at, at + width).End); // a removed space belongs to the one before it
            foreach (var c in put)
                Add(c == ' ' ? space : c, origins is null ? default : part.Original(at, at + width));
            afterSpace = removeExtra && (put.IsEmpty ? afterSpace : put[^1] == ' ');
            at += width;
        }
        while (removeExtra && result.Length > 0 && result[^1] == space)
        {
            result.Length--;
            origins?.RemoveAt(origins.Count - 1);
        }
        if (prefix && asSuffix && result.Length > 0)
            Add(space, origins is null ? default : (part.Original(0, text.Length).End, part.Original(0, text.Length).End));
        part.Set(result.ToString(), origins is null ? null : [.. origins]);

        void Add(char c, (int, int) origin)
        {
            result.Append(c);
            origins?.Add(origin);
        }
    }

    /// <summary>Number of units from a place on that do not change and are not spaces.</summary>
    int Unchanged(string text, int at)
    {
        var end = at;
        while (userDefined.IsEmpty && end < text.Length && text[end] != ' ' && Kind(text, end) == Same)
            end++;
        return end - at;
    }

    /// <summary>Finds the rule for the beginning of a text at a place.</summary>
    /// <returns>Replacement; null: no change.</returns>
    string? Next(string text, int at, out int width)
    {
        if (!userDefined.IsEmpty && userDefined.Longest(text.AsSpan(at), out width, out _) >= 0)
            return null;
        width = 1;
        switch (Kind(text, at))
        {
            case Same:
                return null;
            case Single:
                return singles[text[at]];
        }
        width = char.IsHighSurrogate(text[at]) ? 2 : 1;
        Span<byte> utf8 = stackalloc byte[3 * LongestRule];
        System.Text.Unicode.Utf8.FromUtf16(text.AsSpan(at, Math.Min(LongestRule, text.Length - at)), utf8, out _, out var count);
        var found = rules.Find(utf8[..count], shortest: false, out var length);
        if (length == 0)
            return null;
        width = Encoding.UTF8.GetCharCount(utf8[..length]);
        return Encoding.UTF8.GetString(found);
    }

    /// <summary>Same or Single if no rule covers more than the unit; otherwise a value that includes Longer.</summary>
    byte Kind(string text, int at)
    {
        var kind = Volatile.Read(ref kinds[text[at]]);
        if (kind == Unseen)
            kind = Learn(text[at]);
        if (kind < Longer || char.IsSurrogate(text[at]))
            return kind;
        if (at + 1 == text.Length)
            return (byte)(kind & ~Longer);
        var pair = (uint)text[at] << 16 | text[at + 1];
        ref var place = ref strangers[(pair * 0x9E3779B1) >> 19];
        if (place == pair)
            return (byte)(kind & ~Longer);
        Span<byte> utf8 = stackalloc byte[8];
        if (char.IsSurrogate(text[at + 1]) || rules.Begins(utf8[..Encoding.UTF8.GetBytes(text.AsSpan(at, 2), utf8)]))
            return kind;
        place = pair;
        return (byte)(kind & ~Longer);
    }

    byte Learn(char c)
    {
        if (char.IsSurrogate(c))
            return kinds[c] = Longer;
        Span<byte> utf8 = stackalloc byte[3];
        var bytes = utf8[..Encoding.UTF8.GetBytes([c], utf8)];
        var found = rules.Find(bytes, shortest: false, out var length);
        if (length > 0)
            singles[c] = Encoding.UTF8.GetString(found); // must be written before the kind, which other threads read first
        var kind = (byte)((length > 0 ? Single : Same) | (rules.GoesOn(bytes) ? Longer : 0));
        Volatile.Write(ref kinds[c], kind);
        return kind;
    }
}
