using System.Numerics;
using System.Runtime.InteropServices;

namespace Nonet.Inference.Beams;

/// <summary>Finds the most likely ids of rows of log-probabilities. Among equal ones, lower ids come first.</summary>
sealed class LikeliestTokens(int count)
{
    readonly (float Value, int Id)[] best = new (float, int)[count];
    int found;

    /// <summary>The most likely ids, in order, with their log-probabilities. Valid until the next call.</summary>
    /// <param name="row">Log-probabilities. Ids with -∞ are left out. NaN throws an <see cref="InvalidDataException"/>.</param>
    public ReadOnlySpan<(float LogProbability, int Id)> Of(ReadOnlySpan<float> row)
    {
        found = 0;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        for (var v = 0; v < vectors.Length; v++)
        {
            if (found == best.Length && !Vector.GreaterThanAny(vectors[v], new Vector<float>(best[^1].Value)))
                continue;
            for (var i = v * Vector<float>.Count; i < (v + 1) * Vector<float>.Count; i++)
                Offer(row[i], i);
        }
        for (var i = vectors.Length * Vector<float>.Count; i < row.Length; i++)
            Offer(row[i], i);
        if (found == 0 && row.ContainsAnyExcept(float.NegativeInfinity))
            throw new InvalidDataException("the log-probabilities of the next token are not numbers: the model's weights or its input are damaged");
        return best.AsSpan(0, found);
    }

    void Offer(float value, int id)
    {
        if (!(value > (found == best.Length ? best[^1].Value : float.NegativeInfinity)))
            return;
        var at = found < best.Length ? found++ : found - 1;
        for (; at > 0 && best[at - 1].Value < value; at--)
            best[at] = best[at - 1];
        best[at] = (value, id);
    }
}
