using Nonet.Files;

namespace Nonet.Data.Mixtures;

/// <summary>
/// A phrasing of a task, in Jinja over the fields of a row. It may also use <c>input</c>, <c>target</c>, <c>rationale</c>, <c>options</c> (a list) and
/// <c>definition</c>. A field that a row does not have is an error.
/// </summary>
public sealed record PromptTemplate
{
    /// <summary>Text that is placed once before everything else; null: nothing.</summary>
    [Option("Text that is placed once before everything else; null: nothing.")]
    public string? Instruction { get; init; }

    /// <summary>The question of a row, also in exemplars.</summary>
    [Option("The question of a row, also in exemplars.")]
    public string Question { get; init; } = "{{ input }}";

    /// <summary>The answer.</summary>
    [Option("The answer.")]
    public string Answer { get; init; } = "{{ target }}";

    /// <summary>Answer choices of promptsource, separated by |||, for the variable answer_choices; null: none.</summary>
    [Option("Answer choices of promptsource, separated by |||, for the variable answer_choices; null: none.")]
    public string? AnswerChoices { get; init; }

    /// <summary>Whether the question is used as it is, as in promptsource, without labels such as Q: around it.</summary>
    [Option("Whether the question is used as it is, as in promptsource, without labels such as Q: around it.")]
    public bool Whole { get; init; }
}

/// <summary>Built-in templates.</summary>
public enum TemplateFamily
{
    /// <summary>A task's definition, then an input.</summary>
    Instructions,

    /// <summary>Questions that say themselves what is asked.</summary>
    Questions,

    /// <summary>Questions of which one of a few answers is right.</summary>
    Choices,

    /// <summary>Texts to be continued, such as conversations.</summary>
    Continuations,

    /// <summary>Inverted: the answer is given, the question is asked for.</summary>
    QuestionFromAnswer,

    /// <summary>Inverted: reasoning and answer are given, the question is asked for.</summary>
    QuestionFromReasoning,

    /// <summary>Inverted: question and answer are given, the reasoning is asked for.</summary>
    ReasoningFromAnswer,
}
