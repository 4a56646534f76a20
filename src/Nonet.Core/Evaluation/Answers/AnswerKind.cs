namespace Nonet.Evaluation.Answers;

/// <summary>Kinds of answers.</summary>
public enum AnswerKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>Words in lower case, without punctuation and articles, as SQuAD compares them.</summary>
    Words,

    /// <summary>A number; 1,000, 1000 and 1000.0 are equal.</summary>
    Number,

    /// <summary>The letter of a choice; (b) and B are equal.</summary>
    Letter,

    /// <summary>Yes or no.</summary>
    YesNo,

    /// <summary>A string of letters, such as the last letters of several words.</summary>
    Letters,
}
