namespace Nonet.Data.Masked;

/// <summary>A sequence before its marks and masks: ranges of the ids of a <see cref="SentenceFile"/>.</summary>
/// <param name="First">First id of the first text.</param>
/// <param name="FirstLength">Ids of it.</param>
/// <param name="Second">First id of the second text; meaningless where <paramref name="SecondLength"/> is 0: a single text.</param>
/// <param name="SecondLength">Ids of it.</param>
/// <param name="Random">Whether the second text is from another document.</param>
/// <param name="Short">Whether it aimed at less than the full length.</param>
/// <param name="Breaks">Beginnings of documents inside a single text: a separator stands before each.</param>
/// <param name="FirstSentences">Sentences of the first text, before truncation.</param>
/// <param name="SecondSentences">Sentences of the second text, before truncation.</param>
readonly record struct MaskedInstance(
    long First, int FirstLength, long Second, int SecondLength, bool Random, bool Short, int Breaks, int FirstSentences, int SecondSentences)
{
    /// <summary>Ids with marks.</summary>
    public int Length => FirstLength + SecondLength + (SecondLength > 0 ? 3 : 2 + Breaks);
}
