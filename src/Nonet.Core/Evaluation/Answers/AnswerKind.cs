namespace Nonet.Evaluation.Answers;

/// <summary>What an answer is.</summary>
public enum AnswerKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>Words in lower case, without punctuation and articles: as SQuAD compares them.</summary>
    Words,

    /// <summary>A number; 1,000, 1000 and 1000.0 are one.</summary>
    Number,

    /// <summary>The letter of a choice: (b) and B are one.</summary>
    Letter,

    /// <summary>Yes or no.</summary>
    YesNo,

    /// <summary>A word of letters, such as those that words end in.</summary>
    Letters,
}
