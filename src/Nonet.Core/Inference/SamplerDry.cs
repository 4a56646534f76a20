namespace Nonet.Inference;

/// <summary>The DRY penalty of a text. See <see cref="DryOptions"/>.</summary>
sealed class SamplerDry(DryOptions options)
{
    readonly Dictionary<int, int> repeats = []; // for each token, the length of the longest repeated sequence that it would extend
    int[] lengths = [];

    /// <summary>Subtracts the penalties from logits.</summary>
    public void Apply(ReadOnlySpan<int> text, Span<float> logits)
    {
        if (options.Window is { } window && text.Length > window)
            text = text[^window..];
        FindRepeats(text);
        foreach (var (id, length) in repeats)
        {
            if ((uint)id < (uint)logits.Length && length >= options.AllowedLength && !float.IsNegativeInfinity(logits[id]))
                logits[id] = (float)Math.Max(float.MinValue, logits[id] - (options.Multiplier * Math.Pow(options.Base, length - options.AllowedLength)));
        }
    }

    /// <summary>
    /// Finds, for every earlier position, the length of the longest suffix of the text that also ends there: the Z-function of the reversed text, in linear
    /// time. A sequence never crosses a breaker.
    /// </summary>
    void FindRepeats(ReadOnlySpan<int> text)
    {
        repeats.Clear();
        var end = text.Length - 1;
        var limit = 0; // the repeated sequence reaches back at most to the last breaker
        while (limit < text.Length && !options.Breakers.Contains(text[end - limit]))
            limit++;
        if (limit == 0)
            return;
        if (lengths.Length < text.Length)
            lengths = new int[Math.Max(256, text.Length * 2)];
        // lengths[i]: number of tokens up to text[end - i] that equal those at the end of the text, at most limit.
        for (int i = 1, left = 0, right = 0; i < text.Length; i++)
        {
            var length = i < right ? Math.Min(right - i, lengths[i - left]) : 0;
            while (length < limit && i + length < text.Length && text[end - length] == text[end - i - length])
                length++;
            lengths[i] = length;
            if (i + length > right)
                (left, right) = (i, i + length);
            var next = text[end - i + 1];
            if (length > 0 && !options.Breakers.Contains(next) && length > repeats.GetValueOrDefault(next))
                repeats[next] = length;
        }
    }
}
