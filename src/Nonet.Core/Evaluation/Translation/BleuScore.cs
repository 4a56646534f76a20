using System.Globalization;

namespace Nonet.Evaluation.Translation;

/// <summary>A BLEU score and what it was made of.</summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Of orders 1 to 4, in percent, smoothed.</param>
/// <param name="BrevityPenalty">e^(1 − reference length / hypothesis length) where the hypotheses are shorter, else 1.</param>
/// <param name="Matches">N-grams of the hypotheses that a reference has too, of each order.</param>
/// <param name="Totals">N-grams of the hypotheses, of each order.</param>
/// <param name="HypothesisLength">Words.</param>
/// <param name="ReferenceLength">Words of the references nearest in length.</param>
public sealed record BleuScore(double Score, IReadOnlyList<double> Precisions, double BrevityPenalty, IReadOnlyList<long> Matches, IReadOnlyList<long> Totals,
    long HypothesisLength, long ReferenceLength)
{
    /// <summary>The line that sacreBLEU prints.</summary>
    public override string ToString()
    {
        var precisions = string.Join('/', Precisions.Select(p => p.ToString("0.0", CultureInfo.InvariantCulture)));
        var ratio = ReferenceLength == 0 ? 0 : (double)HypothesisLength / ReferenceLength;
        return string.Create(CultureInfo.InvariantCulture,
            $"BLEU = {Score:0.00} {precisions} (BP = {BrevityPenalty:0.000} ratio = {ratio:0.000} hyp_len = {HypothesisLength} ref_len = {ReferenceLength})");
    }
}
