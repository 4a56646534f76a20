using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>How the answers to a task are found.</summary>
public enum EvaluationKind
{
    /// <summary>The probability of the target after the prompt, and whether greedy decoding would write it: LAMBADA.</summary>
    LogLikelihood,

    /// <summary>The likeliest of several choices.</summary>
    MultipleChoice,

    /// <summary>The probability of whole texts, over sliding windows.</summary>
    Perplexity,

    /// <summary>Text that the model writes, up to a stop string.</summary>
    Generation,
}

/// <summary>The score by which a choice wins. All are computed and reported; this one is the task's accuracy.</summary>
public enum ChoiceScore
{
    /// <summary>log P(choice | prompt).</summary>
    Sum,

    /// <summary>The same divided by the choice's tokens: Brown et al. 2020, section 2.4.</summary>
    PerToken,

    /// <summary>The same divided by the choice's characters, the leading space left out.</summary>
    PerCharacter,

    /// <summary>log P(choice | prompt) − log P(choice | unconditional prompt), sums both: Brown et al. 2020, section 2.4.</summary>
    Unconditional,
}

/// <summary>
/// A task as data: where its items are, what the model is asked, and how answers are scored. Templates are Jinja over the fields of an item; a field that an
/// item does not have is an error.
/// What a template may use beside the item's own fields: <c>choices</c> (their texts), <c>letters</c> (A, B, …), <c>choice</c> and <c>letter</c> (one of
/// them), <c>gold</c> (the right one's number from 0), <c>row</c> (all fields by name).
/// </summary>
public sealed record EvaluationTask
{
    /// <summary>What the task is called. Left out: the file's name.</summary>
    [Option("What the task is called. Left out: the file's name.")]
    public required string Name { get; init; }

    /// <summary>What it measures, in a sentence.</summary>
    [Option("What it measures, in a sentence.")]
    public string? About { get; init; }

    /// <summary>Where the task and its prompt format come from.</summary>
    [Option("Where the task and its prompt format come from.")]
    public string? Paper { get; init; }

    /// <summary>How answers are found: log_likelihood, multiple_choice, perplexity or generation.</summary>
    [Option("How answers are found: log_likelihood, multiple_choice, perplexity or generation.")]
    public required EvaluationKind Kind { get; init; }

    /// <summary>Where the items are.</summary>
    [Option("Where the items are.", Expected = "a source: test, train, format")]
    public required TaskSource Source { get; init; }

    /// <summary>Fields made from others before anything else, in this order.</summary>
    [Option("Fields made from others before anything else, in this order.", Expected = "a list of name and value")]
    public IReadOnlyList<DerivedField>? Fields { get; init; }

    /// <summary>A template for the text before the exemplars; null: nothing.</summary>
    [Option("A template for the text before the exemplars; null: nothing.")]
    public string? Instruction { get; init; }

    /// <summary>What an item asks. It must not end in a blank: the blank belongs to the target.</summary>
    [Option("What an item asks. It must not end in a blank: the blank belongs to the target.")]
    public string Prompt { get; init; } = "";

    /// <summary>
    /// What follows the prompt: the scored continuation of log_likelihood, the whole text of perplexity, the answer in exemplars of
    /// generation. Multiple choice: the right choice unless given. Its leading blank belongs here.
    /// </summary>
    [Option("What follows the prompt: the scored continuation of log_likelihood, the whole text of perplexity, the answer in exemplars of generation. "
        + "Multiple choice: the right choice unless given. Its leading blank belongs here.")]
    public string? Target { get; init; }

    /// <summary>The choices, a template each.</summary>
    [Option("The choices, a template each.", Expected = "a list of templates")]
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The field that holds the choices as a list, in place of choices; a path such as choices.text.</summary>
    [Option("The field that holds the choices as a list, in place of choices; a path such as choices.text.")]
    public string? ChoicesFrom { get; init; }

    /// <summary>How a choice is written after the prompt.</summary>
    [Option("How a choice is written after the prompt.")]
    public string Choice { get; init; } = " {{ choice }}";

    /// <summary>The right choice: its number from 0, else its letter, else its text. Of generation: the right answer.</summary>
    [Option("The right choice: its number from 0, else its letter, else its text. Of generation: the right answer.")]
    public string? Gold { get; init; }

    /// <summary>
    /// Partial evaluation, for Winograd: each choice is put into the prompt, and the target after it is scored. Trinh and Le 2018.
    /// </summary>
    [Option("Partial evaluation, for Winograd: each choice is put into the prompt, and the target after it is scored. Trinh and Le 2018.")]
    public bool Partial { get; init; }

    /// <summary>Prompt of the unconditional score, such as 'Answer:'; null: that score is not computed.</summary>
    [Option("Prompt of the unconditional score, such as 'Answer:'; null: that score is not computed.")]
    public string? UnconditionalPrompt { get; init; }

    /// <summary>The score by which a choice wins, for the task's accuracy: sum, per_token, per_character or unconditional.</summary>
    [Option("The score by which a choice wins, for the task's accuracy: sum, per_token, per_character or unconditional.")]
    public ChoiceScore Score { get; init; } = ChoiceScore.PerToken;

    /// <summary>Further right answers, a template that gives one a line; null: the gold answer alone.</summary>
    [Option("Further right answers, a template that gives one a line; null: the gold answer alone.")]
    public string? Aliases { get; init; }

    /// <summary>Examples with their answers before the item.</summary>
    [Option("Examples with their answers before the item.")]
    public ExemplarOptions Exemplars { get; init; } = new();

    /// <summary>Exemplars unless --shots says otherwise.</summary>
    [Option("Exemplars unless --shots says otherwise.", Least = 0)]
    public int Shots { get; init; }

    /// <summary>The text between exemplars, and after the instruction.</summary>
    [Option("The text between exemplars, and after the instruction.")]
    public string Separator { get; init; } = "\n\n";

    /// <summary>Generation: text that ends an answer.</summary>
    [Option("Generation: text that ends an answer.", Expected = "a list of texts")]
    public IReadOnlyList<string> Stop { get; init; } = ["\n"];

    /// <summary>Generation: the maximum number of new tokens.</summary>
    [Option("Generation: the maximum number of new tokens.", Least = 1)]
    public int MaxTokens { get; init; } = 128;

    /// <summary>Generation: how an answer is read from the text.</summary>
    [Option("Generation: how an answer is read from the text.")]
    public AnswerOptions Answer { get; init; } = new();

    /// <summary>
    /// Generation: what a second call is asked after the first call's text, as in zero-shot chain of thought; null: one call. Kojima et al.
    /// 2022.
    /// </summary>
    [Option("Generation: what a second call is asked after the first call's text, as in zero-shot chain of thought; null: one call. Kojima et al. 2022.")]
    public string? SecondPrompt { get; init; }

    /// <summary>Maximum number of tokens that the second call generates.</summary>
    [Option("Maximum number of tokens that the second call generates.", Least = 1)]
    public int SecondMaxTokens { get; init; } = 32;

    /// <summary>Metrics of generation, the first being the task's own: exact_match, contains, f1, bleu, rouge_l, pass_at_1, pass_at_10 and so on.</summary>
    [Option("Metrics of generation, the first being the task's own: exact_match, contains, f1, bleu, rouge_l, pass_at_1, pass_at_10 and so on.",
        Expected = "a list of metrics")]
    public IReadOnlyList<string> Metrics { get; init; } = ["exact_match"];

    /// <summary>Generation: names of tools that a model with tools may not call in this task, since they would give its answers away.</summary>
    [Option("Generation: names of tools that a model with tools may not call in this task, since they would give its answers away.",
        Expected = "a list of names")]
    public IReadOnlyList<string> ToolsOff { get; init; } = [];

    /// <summary>Generation: the date that a calendar tells a model with tools, a template that gives one such as 2023-01-30; null: that of its tool.</summary>
    [Option("Generation: the date that a calendar tells a model with tools, a template that gives one such as 2023-01-30; null: that of its tool.")]
    public string? Today { get; init; }

    /// <summary>
    /// Generation: what guessing scores, for a figure (score − chance) / (1 − chance) beside that of the first metric; null: none. Multiple choice has it from
    /// the number of choices. Chung et al. 2022, section 2.3.
    /// </summary>
    [Option("Generation: what guessing scores, for a figure (score − chance) / (1 − chance) beside that of the first metric; null: none. Multiple choice "
        + "has it from the number of choices. Chung et al. 2022, section 2.3.", Least = 0, Below = 1)]
    public double? Chance { get; init; }

    /// <summary>
    /// The field whose equal values belong together, such as a passage that questions share: standard errors are clustered by it. Null:
    /// items are independent.
    /// </summary>
    [Option("The field whose equal values belong together, such as a passage that questions share: standard errors are clustered by it. Null: items are "
        + "independent.")]
    public string? Cluster { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first option that does not fit the others.</summary>
    public void Check()
    {
        var hasChoices = Choices is not null || ChoicesFrom is not null;
        if (Kind == EvaluationKind.MultipleChoice && !hasChoices)
            throw new ArgumentException("kind is multiple_choice; expected choices or choices_from");
        if (Choices is not null && ChoicesFrom is not null)
            throw new ArgumentException("choices and choices_from are both given; expected one of the two");
        if (Choices is { Count: < 2 })
            throw new ArgumentException("choices has fewer than two entries; expected two at least");
        if (Kind is EvaluationKind.MultipleChoice or EvaluationKind.Generation && Gold is null)
            throw new ArgumentException("gold is missing; expected the right answer");
        if (Kind is EvaluationKind.LogLikelihood or EvaluationKind.Perplexity && Target is null)
            throw new ArgumentException(
                $"target is missing: kind {(Kind == EvaluationKind.Perplexity ? "perplexity scores it" : "log_likelihood scores it after the prompt")}");
        if (Partial && (Kind != EvaluationKind.MultipleChoice || Target is null))
            throw new ArgumentException("partial is true; expected kind multiple_choice and a target, the text after the choice");
        if (Score == ChoiceScore.Unconditional && UnconditionalPrompt is null && Kind == EvaluationKind.MultipleChoice)
            throw new ArgumentException("score is unconditional; expected unconditional_prompt");
        if (Kind == EvaluationKind.Generation && Stop.Any(s => s.Length == 0))
            throw new ArgumentException("stop holds an empty text; expected a text of at least one character");
        foreach (var metric in Kind == EvaluationKind.Generation ? Metrics : [])
            _ = GenerationMetric.Parse(metric);
        Source.Check();
        Exemplars.Check();
        Answer.Check();
    }
}

/// <summary>A field that a task makes from others.</summary>
public sealed record DerivedField
{
    /// <summary>What it is called.</summary>
    [Option("What it is called.")]
    public required string Name { get; init; }

    /// <summary>Its value, a template.</summary>
    [Option("Its value, a template.")]
    public required string Value { get; init; }

    /// <summary>Cut the value at this text into a list; null: it stays a text.</summary>
    [Option("Cut the value at this text into a list; null: it stays a text.")]
    public string? SplitAt { get; init; }
}
