namespace Nonet.Data.Masked;

/// <summary>A sequence before special tokens and masks are added: ranges of ids in a <see cref="SentenceFile"/>.</summary>
/// <param name="First">Index of the first id of the first text.</param>
/// <param name="FirstLength">Ids of the first text.</param>
/// <param name="Second">Index of the first id of the second text; meaningless if <paramref name="SecondLength"/> is 0.</param>
/// <param name="SecondLength">Ids of the second text; 0 for a single text.</param>
/// <param name="Random">Whether the second text is from another document.</param>
/// <param name="Short">Whether the target length was less than the full length.</param>
/// <param name="Breaks">Number of documents that begin inside a single text. A separator precedes each.</param>
/// <param name="FirstSentences">Sentences of the first text, before truncation.</param>
/// <param name="SecondSentences">Sentences of the second text, before truncation.</param>
readonly record struct MaskedInstance(
    long First, int FirstLength, long Second, int SecondLength, bool Random, bool Short, int Breaks, int FirstSentences, int SecondSentences)
{
    /// <summary>Number of ids, including special tokens.</summary>
    public int Length => FirstLength + SecondLength + (SecondLength > 0 ? 3 : 2 + Breaks);
}
