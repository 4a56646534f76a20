using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Alignment;

/// <summary>Means of the figures of an iteration's updates, and the largest |ρ − 1| of the first update, which is 0 up to rounding.</summary>
sealed class MeanTerms
{
    readonly List<(string Name, double Sum)> sums = [];
    int updates;
    double firstChange;

    /// <summary>Adds the figures of an update. All updates must have the same names.</summary>
    public void Add(double change, params ReadOnlySpan<(string Name, double Value)> terms)
    {
        if (updates++ == 0)
            firstChange = change;
        for (var i = 0; i < terms.Length; i++)
        {
            if (sums.Count == i)
                sums.Add((terms[i].Name, 0));
            sums[i] = (sums[i].Name, sums[i].Sum + terms[i].Value);
        }
    }

    public IEnumerable<Score> Scores => [.. sums.Select(s => new Score(s.Name, s.Sum / updates)), new("first_ratio_change", firstChange)];
}
