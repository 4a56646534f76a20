using Nonet.Evaluation.Answers;
using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>
/// How the answer is read from a generated text. The reports also have a strict reading, which takes only an answer right after the trigger, and a flexible
/// one, which takes the last answer of the right kind anywhere.
/// </summary>
public sealed record AnswerOptions
{
    /// <summary>Kind of the answer: number, letter, yes_no, letters (a string of letters, in order), words or text.</summary>
    [Option("Kind of the answer: number, letter, yes_no, letters (a string of letters, in order), words or text.")]
    public AnswerKind Kind { get; init; } = AnswerKind.Text;

    /// <summary>The text before the answer; its last occurrence counts. Null: the whole text is the answer.</summary>
    [Option("The text before the answer; its last occurrence counts. Null: the whole text is the answer.")]
    public string? Trigger { get; init; }

    /// <summary>Take the first answer of the text instead, as after the second call of zero-shot chain of thought.</summary>
    [Option("Take the first answer of the text instead, as after the second call of zero-shot chain of thought.")]
    public bool First { get; init; }

    /// <summary>With first and kind number: in a text with an equation, take the first number after its first "=". Schick et al. 2023, section 4.2.2.</summary>
    [Option("With first and kind number: in a text with an equation, take the first number after its first '='. Schick et al. 2023, section 4.2.2.")]
    public bool AfterEquals { get; init; }

    /// <summary>For the metric contains: number of first words to search for a right answer; null: the whole text.</summary>
    [Option("For the metric contains: number of first words to search for a right answer; null: the whole text.", Least = 1)]
    public int? WithinWords { get; init; }

    /// <summary>
    /// Recompute the equations of the text before the answer is read, and pass each corrected result on to later ones: Wei et al. 2022,
    /// appendix B.
    /// </summary>
    [Option("Recompute the equations of the text before the answer is read, and pass each corrected result on to later ones: Wei et al. 2022, appendix B.")]
    public bool Calculator { get; init; }

    /// <summary>Modulus of the calculator's results; null: plain arithmetic.</summary>
    [Option("Modulus of the calculator's results; null: plain arithmetic.", Least = 2)]
    public int? Modulus { get; init; }

    /// <summary>A regular expression instead of kind: the last match's first group is the answer; null: none.</summary>
    [Option("A regular expression instead of kind: the last match's first group is the answer; null: none.")]
    public string? Pattern { get; init; }

    internal void Check()
    {
        if (Modulus is not null && !Calculator)
            throw new ArgumentException("answer.modulus is given; expected answer.calculator: true beside it");
        if (AfterEquals && (!First || Kind != AnswerKind.Number))
            throw new ArgumentException("answer.after_equals is true; expected answer.first: true and answer.kind: number beside it");
        if (Pattern is not null)
            AnswerReader.Parse(Pattern);
    }
}
