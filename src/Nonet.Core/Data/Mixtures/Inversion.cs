namespace Nonet.Data.Mixtures;

/// <summary>What an inverted example asks for.</summary>
public enum InversionKind
{
    /// <summary>Given the answer, the question.</summary>
    QuestionFromAnswer,

    /// <summary>Given the reasoning and the answer, the question.</summary>
    QuestionFromReasoning,

    /// <summary>Given the question and the answer, the reasoning.</summary>
    ReasoningFromAnswer,
}

/// <summary>Input inversion: a row's parts change roles, so that one data set gives several tasks. Longpre et al. 2023, section 3.</summary>
public static class Inversion
{
    /// <summary>Stands between reasoning and answer, as in chain of thought.</summary>
    internal const string AnswerMark = " The answer is ";

    const string AnswerLabel = "\nAnswer: ";

    /// <summary>The kinds that a row's parts allow.</summary>
    public static IReadOnlyList<InversionKind> KindsOf(TaskRow row) =>
        row.Rationale is null ? [InversionKind.QuestionFromAnswer]
        : [InversionKind.QuestionFromAnswer, InversionKind.QuestionFromReasoning, InversionKind.ReasoningFromAnswer];

    /// <summary>The row with other roles. Its answer is the row's first.</summary>
    /// <param name="row">A row.</param>
    /// <param name="kind">One of the kinds that its parts allow.</param>
    public static TaskRow Of(TaskRow row, InversionKind kind) => kind switch
    {
        InversionKind.QuestionFromAnswer => new TaskRow { Input = row.Targets[0], Targets = [row.Input], Place = row.Place },
        InversionKind.QuestionFromReasoning => new TaskRow { Input = Reasoned(row.Rationale!, row.Targets[0]), Targets = [row.Input], Place = row.Place },
        _ => new TaskRow { Input = $"{row.Input}{AnswerLabel}{row.Targets[0]}", Targets = [row.Rationale!], Place = row.Place },
    };

    /// <summary>
    /// The parts of the row that an inverted one was made of; the reasoning is null for <see cref="InversionKind.QuestionFromAnswer"/>, which does not hold
    /// it.
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

    /// <summary>The templates that ask for an inverted row.</summary>
    internal static TemplateFamily FamilyOf(InversionKind kind) => kind switch
    {
        InversionKind.QuestionFromAnswer => TemplateFamily.QuestionFromAnswer,
        InversionKind.QuestionFromReasoning => TemplateFamily.QuestionFromReasoning,
        _ => TemplateFamily.ReasoningFromAnswer,
    };
}
