using Nonet.Files;

namespace Nonet.Text;

/// <summary>
/// Limits the work that a tokenizer file causes for one text. Every step of the pipeline reports the growth of the text and the time of its
/// regular expressions. A malicious file could double a text in each of a hundred steps; real tokenizers stay far below these limits.
/// </summary>
/// <param name="file">File name for error messages.</param>
/// <param name="length">Characters of the text.</param>
/// <param name="spare">Additional characters that even a short text may become.</param>
sealed class PipelineMeter(string file, long length, long spare = PipelineMeter.Spare)
{
    /// <summary>Growth of a text. U+FDFA becomes 18 characters in NFKD, and byte-level BPE spells the two or three bytes of each as characters.</summary>
    const int Factor = 64;
    const int Spare = 1 << 16;

    /// <summary>Additional characters for a word that is normalised by itself and cached.</summary>
    public const int SpareOfWord = 256;

    /// <summary>
    /// Several times the time of a sound pattern. The clock keeps running while a busy machine does other work or collects garbage, so even a short text has
    /// seconds.
    /// </summary>
    static readonly TimeSpan spareTime = TimeSpan.FromSeconds(5), perCharacter = TimeSpan.FromMicroseconds(10);

    long grown; // characters beyond those of the original text
    TimeSpan matching;

    /// <summary>Field of the file whose steps are running.</summary>
    public string Field { get; set; } = "normalizer";

    /// <summary>Remaining time for regular expressions.</summary>
    public TimeSpan MatchingLeft => spareTime + (length * perCharacter) - matching;

    /// <summary>Counts a change of the text's length.</summary>
    public void Grow(long characters)
    {
        Check(characters);
        grown += characters;
    }

    /// <summary>Throws before a change that would make the text too long.</summary>
    public void Check(long characters)
    {
        if (length + grown + characters > (Factor * length) + spare)
        {
            throw new MalformedFileException(file, $"steps in {Field} that make more than {(Factor * length) + spare} characters of a text of {length}",
                $"at most {Factor} times the text, and {spare}");
        }
    }

    public void Matched(TimeSpan time) => matching += time;
}
