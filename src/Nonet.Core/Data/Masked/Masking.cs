namespace Nonet.Data.Masked;

/// <summary>
/// Chooses the tokens of a sequence that are to be predicted and replaces them: max(1, round(rate · length)) of them, marks counted in the length but never chosen; of those by default 80 %
/// become [MASK], 10 % stay, 10 % become any token of the vocabulary, marks and the token itself included. Devlin et al. 2018, section 3.1.
/// </summary>
sealed class Masking
{
    readonly MaskingOptions options;
    readonly MaskedMarks marks;
    readonly bool[]? parts;
    readonly List<int> starts = []; // of words that can be chosen; the end of a word is where its parts end

    /// <param name="options">Rates.</param>
    /// <param name="marks">Ids.</param>
    /// <param name="parts">Of each id whether it goes on with the word before it; needed for whole words.</param>
    public Masking(MaskingOptions options, MaskedMarks marks, bool[]? parts)
    {
        if (options.WholeWords && parts is null)
            throw new ArgumentException("whole words are to be masked, but it is not known which tokens go on with a word", nameof(parts));
        (this.options, this.marks, this.parts) = (options, marks, options.WholeWords ? parts : null);
    }

    /// <summary>Replaces tokens of a sequence.</summary>
    /// <param name="ids">With marks.</param>
    /// <param name="isMark">Places that are never chosen.</param>
    /// <param name="length">Most ids of a sequence, by which the most predictions are counted.</param>
    /// <param name="draws">Its random numbers.</param>
    /// <param name="rows">Takes the places in <paramref name="ids"/> that are to be predicted, in order.</param>
    /// <param name="targets">Takes what stood there.</param>
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
