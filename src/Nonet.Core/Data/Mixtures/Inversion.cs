namespace Nonet.Data.Mixtures;

/// <summary>Part of a row that an inverted example asks for.</summary>
public enum InversionKind
{
    /// <summary>The question, given the answer.</summary>
    QuestionFromAnswer,

    /// <summary>The question, given the reasoning and the answer.</summary>
    QuestionFromReasoning,

    /// <summary>The reasoning, given the question and the answer.</summary>
    ReasoningFromAnswer,
}

/// <summary>Input inversion: a row's parts change roles, so that one data set gives several tasks. Longpre et al. 2023, section 3.</summary>
public static class Inversion
{
    /// <summary>Text between reasoning and answer, as in chain-of-thought prompts.</summary>
    internal const string AnswerMark = " The answer is ";

    const string AnswerLabel = "\nAnswer: ";

    /// <summary>Kinds of inversion that the parts of a row allow.</summary>
    public static IReadOnlyList<InversionKind> KindsOf(TaskRow row) =>
        row.Rationale is null ? [InversionKind.QuestionFromAnswer]
        : [InversionKind.QuestionFromAnswer, InversionKind.QuestionFromReasoning, InversionKind.ReasoningFromAnswer];

    /// <summary>The row with its parts in other roles. Of several answers, the first is used.</summary>
    /// <param name="row">A row.</param>
    /// <param name="kind">One of the kinds that its parts allow.</param>
    public static TaskRow Of(TaskRow row, InversionKind kind) => kind switch
    {
        InversionKind.QuestionFromAnswer => new TaskRow { Input = row.Targets[0], Targets = [row.Input], Place = row.Place },
        InversionKind.QuestionFromReasoning => new TaskRow { Input = Reasoned(row.Rationale!, row.Targets[0]), Targets = [row.Input], Place = row.Place },
        _ => new TaskRow { Input = $"{row.Input}{AnswerLabel}{row.Targets[0]}", Targets = [row.Rationale!], Place = row.Place },
    };

    /// <summary>
    /// The original parts of an inverted row. The reasoning is null for <see cref="InversionKind.QuestionFromAnswer"/>, because the inverted row does
    /// not contain it.
    /// </summary>
    public static TaskRow Back(TaskRow inverted, InversionKind kind)
    {
        switch (kind)
        {
            case InversionKind.QuestionFromAnswer:
                return new TaskRow { Input = inverted.Targets[0], Targets = [inverted.Input], Place = inverted.Place };
            case InversionKind.QuestionFromReasoning:
                var mark = inverted.Input.LastIndexOf(AnswerMark, StringComparison.Ordinal);
                return new TaskRow
                {
                    Input = inverted.Targets[0],
                    Rationale = inverted.Input[..mark],
                    Targets = [inverted.Input[(mark + AnswerMark.Length)..^1]],
                    Place = inverted.Place
                };
            default:
                var label = inverted.Input.LastIndexOf(AnswerLabel, StringComparison.Ordinal);
                return new TaskRow
                {
                    Input = inverted.Input[..label],
                    Rationale = inverted.Targets[0],
                    Targets = [inverted.Input[(label + AnswerLabel.Length)..]],
                    Place = inverted.Place
                };
        }
    }

    /// <summary>Reasoning, then the answer, in the format of Wei et al. 2022.</summary>
    internal static string Reasoned(string rationale, string answer) => $"{rationale}{AnswerMark}{answer}.";

    /// <summary>The family of templates for an inverted row.</summary>
    internal static TemplateFamily FamilyOf(InversionKind kind) => kind switch
    {
        InversionKind.QuestionFromAnswer => TemplateFamily.QuestionFromAnswer,
        InversionKind.QuestionFromReasoning => TemplateFamily.QuestionFromReasoning,
        _ => TemplateFamily.ReasoningFromAnswer,
    };
}
