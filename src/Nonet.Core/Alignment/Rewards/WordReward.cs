namespace Nonet.Alignment.Rewards;

/// <summary>
/// A programmatic reward: one point for each distinct word of a list that a response contains, minus penalties for its length and for repeated words.
/// </summary>
/// <param name="name">Name in files and plots.</param>
/// <param name="words">The words, in lower case.</param>
/// <param name="lengthPenalty">Subtracted for each character.</param>
/// <param name="repetitionPenalty">Subtracted for each word that has occurred in the response before.</param>
public sealed class WordReward(string name, IReadOnlyCollection<string> words, double lengthPenalty = 0, double repetitionPenalty = 0) : IReward
{
    readonly HashSet<string> words = new(words, StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default) => [.. responses.Select(r => Of(r.Text))];

    /// <summary>The reward of a text.</summary>
    public double Of(string text)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (points, repeated) = (0, 0);
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end > start)
            {
                var word = text[start..end].ToLowerInvariant();
                if (!seen.Add(word))
                    repeated++;
                else if (words.Contains(word))
                    points++;
            }
            start = Math.Max(end, start + 1);
        }
        return points - lengthPenalty * text.Length - repetitionPenalty * repeated;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
