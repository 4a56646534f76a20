using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Normalizers;

/// <summary>
/// A text during tokenization. For each of its UTF-16 units it knows the corresponding range of the original text. Without origins it is
/// only the text, which is enough for ids.
/// </summary>
sealed class AlignedText
{
    /// <summary>Range of the original for each unit, in UTF-16 units; null: not needed.</summary>
    (int Start, int End)[]? origins;

    readonly PipelineMeter? meter;

    AlignedText(string text, (int Start, int End)[]? origins, int start, int end, PipelineMeter? meter) =>
        (Text, this.origins, Start, End, this.meter) = (text, origins, start, end, meter);

    public string Text { get; private set; }

    /// <summary>Limits the cost of the steps; null: no limit, for steps defined by this library.</summary>
    public PipelineMeter? Meter => meter;

    /// <summary>Start of the corresponding part of the original.</summary>
    public int Start { get; }
    public int End { get; }

    public bool HasOrigins => origins is not null;

    /// <param name="text">A text without lone surrogates.</param>
    /// <param name="aligned">Whether origins are needed.</param>
    /// <param name="meter">Limits the cost of the steps; null: no limit, for steps defined by this library.</param>
    public static AlignedText Of(string text, bool aligned, PipelineMeter? meter)
    {
        if (!aligned)
            return new AlignedText(text, null, 0, text.Length, meter);
        var origins = new (int, int)[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]))
            {
                origins[i] = origins[i + 1] = (i, i + 2);
                i++;
            }
            else
                origins[i] = (i, i + 1);
        }
        return new AlignedText(text, origins, 0, text.Length, meter);
    }

    /// <summary>Part of the original that corresponds to a range of the text.</summary>
    public (int Start, int End) Original(int start, int end) =>
        origins is null || start >= end ? (Start, Start) : (origins[start].Start, origins[end - 1].End);

    public AlignedText Slice(int start, int end)
    {
        if (start == 0 && end == Text.Length)
            return this;
        var (from, to) = Original(start, end);
        return origins is null ? new AlignedText(Text[start..end], null, Start + start, End, meter)
            : new AlignedText(Text[start..end], origins[start..end], from, to, meter);
    }

    /// <summary>Replaces the text by new characters, each with its relation to the old ones.</summary>
    /// <param name="changes">The new text.</param>
    /// <param name="removedFirst">Number of characters removed at the beginning.</param>
    public void Change(IReadOnlyList<Change> changes, int removedFirst = 0)
    {
        var text = new StringBuilder(Text.Length + 8);
        if (origins is null)
        {
            foreach (var (rune, _) in changes)
                text.Append(rune);
            Become(text.ToString());
            return;
        }
        var moved = new List<(int, int)>(Text.Length + 8);
        var at = 0;
        Skip(removedFirst);
        foreach (var (rune, by) in changes)
        {
            var origin = by > 0 ? at > 0 ? origins[at - 1] : (Start, Start) : at < origins.Length ? origins[at] : (Start, Start);
            if (by <= 0)
                Skip(1 - by);
            text.Append(rune);
            for (var i = 0; i < rune.Utf16SequenceLength; i++)
                moved.Add(origin);
        }
        Become(text.ToString());
        origins = [.. moved];

        void Skip(int characters)
        {
            for (; characters > 0 && at < Text.Length; characters--)
                at += char.IsHighSurrogate(Text[at]) ? 2 : 1;
        }
    }

    /// <summary>Sets a new text and its origins.</summary>
    public void Set(string text, (int Start, int End)[]? origins)
    {
        Become(text);
        this.origins = origins;
    }

    void Become(string text)
    {
        meter?.Grow(text.Length - Text.Length);
        Text = text;
    }

    /// <summary>Throws if a text of some length would be too long, before it is created.</summary>
    public void Expect(long characters) => meter?.Check(characters - Text.Length);

    /// <summary>Adds a text at the beginning, with the origin of the first character.</summary>
    public void Prepend(string prefix)
    {
        if (Text.Length == 0)
            return;
        Expect((long)Text.Length + prefix.Length);
        Become(prefix + Text);
        if (origins is not null)
            origins = [.. Enumerable.Repeat(origins[0], prefix.Length), .. origins];
    }

    /// <summary>Keeps the characters for which a predicate holds.</summary>
    public void Filter(Func<Rune, bool> keep)
    {
        var (kept, removed, removedFirst) = (new List<Change>(), 0, 0);
        foreach (var rune in Text.EnumerateRunes())
        {
            if (!keep(rune))
            {
                removed++;
                continue;
            }
            if (kept.Count > 0)
                kept[^1] = kept[^1] with { By = -removed };
            else
                removedFirst = removed;
            kept.Add(new Change(rune, 0));
            removed = 0;
        }
        if (kept.Count > 0)
            kept[^1] = kept[^1] with { By = -removed };
        Change(kept, removedFirst);
    }

    /// <summary>Replaces each character by one character.</summary>
    public void Map(Func<Rune, Rune> map) => Change([.. Text.EnumerateRunes().Select(r => new Change(map(r), 0))]);

    public void Lower()
    {
        if (!Text.AsSpan().ContainsAnyExceptInRange('\0', '\x7F') && origins is null)
        {
            Text = Text.ToLowerInvariant();
            return;
        }
        var (changes, lower) = (new List<Change>(Text.Length), new List<Rune>(2));
        foreach (var rune in Text.EnumerateRunes())
        {
            lower.Clear();
            UnicodeTables.AppendLower(rune, lower);
            for (var i = 0; i < lower.Count; i++)
                changes.Add(new Change(lower[i], i > 0 ? 1 : 0));
        }
        Change(changes);
    }

    /// <summary>Removes white space from the ends.</summary>
    public void Strip(bool left, bool right)
    {
        var (from, to) = (0, Text.Length);
        while (left && from < to && char.IsWhiteSpace(Text[from]))
            from++;
        while (right && to > from && char.IsWhiteSpace(Text[to - 1]))
            to--;
        Become(Text[from..to]);
        origins = origins?[from..to];
    }

    /// <summary>Replaces matches by a text, which has the origin of the last character of each match.</summary>
    public void Replace(IReadOnlyList<(int Start, int End)> matches, string with)
    {
        Expect(Text.Length + ((long)matches.Count * with.Length) - matches.Sum(m => (long)m.End - m.Start));
        var text = new StringBuilder(Text.Length);
        var moved = origins is null ? null : new List<(int, int)>(Text.Length);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            text.Append(Text, at, start - at).Append(with);
            moved?.AddRange(origins.AsSpan(at, start - at));
            moved?.AddRange(Enumerable.Repeat(end > 0 ? origins![end - 1] : (Start, Start), with.Length));
            at = end;
        }
        if (text.Length == 0 && at == 0)
            return;
        text.Append(Text, at, Text.Length - at);
        moved?.AddRange(origins.AsSpan(at));
        Become(text.ToString());
        origins = moved is null ? null : [.. moved];
    }
}
