namespace Nonet.Data.Masked;

/// <summary>
/// Chooses the tokens of a sequence to predict, and replaces them. It chooses max(1, round(rate · length)) tokens; special tokens count in
/// the length but are never chosen. By default 80 % become [MASK], 10 % are kept, and 10 % become any token of the vocabulary, which may be
/// a special token or the token itself. Devlin et al. 2018, section 3.1.
/// </summary>
sealed class Masking
{
    readonly MaskingOptions options;
    readonly MaskedMarks marks;
    readonly bool[]? parts;
    readonly List<int> starts = []; // of words that can be chosen; a word ends with its last part

    /// <param name="options">Rates.</param>
    /// <param name="marks">Special tokens.</param>
    /// <param name="parts">For each id, whether it continues the preceding word; required for whole-word masking.</param>
    public Masking(MaskingOptions options, MaskedMarks marks, bool[]? parts)
    {
        if (options.WholeWords && parts is null)
            throw new ArgumentException("whole-word masking needs to know which tokens continue a word", nameof(parts));
        (this.options, this.marks, this.parts) = (options, marks, options.WholeWords ? parts : null);
    }

    /// <summary>Chooses and replaces tokens of a sequence.</summary>
    /// <param name="ids">The sequence, with special tokens.</param>
    /// <param name="isMark">Marks the places of special tokens, which are never chosen.</param>
    /// <param name="length">Full length of a sequence, which limits the number of predictions.</param>
    /// <param name="draws">Random numbers of the sequence.</param>
    /// <param name="rows">Receives the chosen places in <paramref name="ids"/>, in order.</param>
    /// <param name="targets">Receives the original ids at these places.</param>
    public void Apply(Span<int> ids, ReadOnlySpan<bool> isMark, int length, ref KeyedDraws draws, List<int> rows, List<int> targets)
    {
        starts.Clear();
        for (var i = 0; i < ids.Length; i++)
        {
            if (!isMark[i] && !(GoesOn(ids[i]) && i > 0 && !isMark[i - 1]))
                starts.Add(i);
        }
        var most = options.MostPredictions ?? (int)Math.Ceiling(options.Rate * length - 1e-9);
        var wanted = Math.Min(most, Math.Max(1, (int)Math.Round(options.Rate * ids.Length)));
        var before = rows.Count;
        for (var i = 0; i < starts.Count && rows.Count - before < wanted; i++)
        {
            var chosen = i + draws.Below(starts.Count - i);
            (starts[i], starts[chosen]) = (starts[chosen], starts[i]);
            var end = starts[i] + 1;
            while (end < ids.Length && !isMark[end] && GoesOn(ids[end]))
                end++;
            if (rows.Count - before + end - starts[i] > wanted)
                continue;
            for (var place = starts[i]; place < end; place++)
                rows.Add(place);
        }
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows)[before..];
        span.Sort();
        foreach (var row in span)
        {
            targets.Add(ids[row]);
            var x = draws.Uniform();
            if (x < options.Masked)
                ids[row] = marks.Mask;
            else if (x >= options.Masked + options.Kept)
                ids[row] = draws.Below(marks.Vocab);
        }
    }

    bool GoesOn(int id) => parts is not null && parts[id];
}
