using System.Globalization;

namespace Nonet.Evaluation.Translation;

/// <summary>A BLEU score and its parts.</summary>
/// <param name="Score">The score, 0 to 100.</param>
/// <param name="Precisions">Smoothed precisions of orders 1 to 4, in percent.</param>
/// <param name="BrevityPenalty">e^(1 − reference length / hypothesis length) if the hypotheses are shorter, otherwise 1.</param>
/// <param name="Matches">For each order, the number of n-grams of the hypotheses that a reference contains.</param>
/// <param name="Totals">For each order, the number of n-grams of the hypotheses.</param>
/// <param name="HypothesisLength">Number of words of the hypotheses.</param>
/// <param name="ReferenceLength">Number of words of the references nearest in length.</param>
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
