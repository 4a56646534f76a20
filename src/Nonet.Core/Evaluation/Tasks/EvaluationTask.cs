using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>Kinds of tasks, by how they are scored.</summary>
public enum EvaluationKind
{
    /// <summary>The probability of the target after the prompt, and whether greedy decoding would write it: LAMBADA.</summary>
    LogLikelihood,

    /// <summary>The most likely of several choices.</summary>
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

    /// <summary>The log-probability divided by the number of tokens of the choice: Brown et al. 2020, section 2.4.</summary>
    PerToken,

    /// <summary>The log-probability divided by the number of characters of the choice without its leading space.</summary>
    PerCharacter,

    /// <summary>log P(choice | prompt) − log P(choice | unconditional prompt), sums both: Brown et al. 2020, section 2.4.</summary>
    Unconditional,
}

/// <summary>
/// A task as data: the source of its items, the prompt, and the scoring. Templates are Jinja over the fields of an item; a field that an item lacks is an
/// error. Besides the item's own fields, a template may use <c>choices</c> (their texts), <c>letters</c> (A, B, …), <c>choice</c> and <c>letter</c> (one of
/// them), <c>gold</c> (the index of the right choice, from 0) and <c>row</c> (all fields by name).
/// </summary>
public sealed record EvaluationTask
{
    /// <summary>Name of the task. Default: the file's name.</summary>
    [Option("Name of the task. Default: the file's name.")]
    public required string Name { get; init; }

    /// <summary>Description of what the task measures, in a sentence.</summary>
    [Option("Description of what the task measures, in a sentence.")]
    public string? About { get; init; }

    /// <summary>Source of the task and its prompt format.</summary>
    [Option("Source of the task and its prompt format.")]
    public string? Paper { get; init; }

    /// <summary>Kind of the task: log_likelihood, multiple_choice, perplexity or generation.</summary>
    [Option("Kind of the task: log_likelihood, multiple_choice, perplexity or generation.")]
    public required EvaluationKind Kind { get; init; }

    /// <summary>Source of the items.</summary>
    [Option("Source of the items.", Expected = "a source: test, train, format")]
    public required TaskSource Source { get; init; }

    /// <summary>Fields made from others before anything else, in this order.</summary>
    [Option("Fields made from others before anything else, in this order.", Expected = "a list of name and value")]
    public IReadOnlyList<DerivedField>? Fields { get; init; }

    /// <summary>A template for the text before the exemplars; null: nothing.</summary>
    [Option("A template for the text before the exemplars; null: nothing.")]
    public string? Instruction { get; init; }

    /// <summary>Template of an item's prompt. It must not end in a space: the space belongs to the target.</summary>
    [Option("Template of an item's prompt. It must not end in a space: the space belongs to the target.")]
    public string Prompt { get; init; } = "";

    /// <summary>
    /// What follows the prompt: the scored continuation of log_likelihood, the whole text of perplexity, the answer in exemplars of
    /// generation. Multiple choice: the right choice unless given. Its leading blank belongs here.
    /// </summary>
    [Option("What follows the prompt: the scored continuation of log_likelihood, the whole text of perplexity, the answer in exemplars of generation. "
        + "Multiple choice: the right choice unless given. Its leading blank belongs here.")]
    public string? Target { get; init; }

    /// <summary>The choices; each is a template.</summary>
    [Option("The choices; each is a template.", Expected = "a list of templates")]
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The field that holds the choices as a list, in place of choices; a path such as choices.text.</summary>
    [Option("The field that holds the choices as a list, in place of choices; a path such as choices.text.")]
    public string? ChoicesFrom { get; init; }

    /// <summary>How a choice is written after the prompt.</summary>
    [Option("How a choice is written after the prompt.")]
    public string Choice { get; init; } = " {{ choice }}";

    /// <summary>The right choice: its index from 0, its letter or its text. For generation: the right answer.</summary>
    [Option("The right choice: its index from 0, its letter or its text. For generation: the right answer.")]
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

    /// <summary>Further right answers: a template that gives one per line; null: only the gold answer is right.</summary>
    [Option("Further right answers: a template that gives one per line; null: only the gold answer is right.")]
    public string? Aliases { get; init; }

    /// <summary>Examples with their answers before the item.</summary>
    [Option("Examples with their answers before the item.")]
    public ExemplarOptions Exemplars { get; init; } = new();

    /// <summary>Number of exemplars, unless --shots gives another.</summary>
    [Option("Number of exemplars, unless --shots gives another.", Least = 0)]
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

    /// <summary>Generation: names of tools that a model with tools may not call in this task, because they would give the answers away.</summary>
    [Option("Generation: names of tools that a model with tools may not call in this task, because they would give the answers away.",
        Expected = "a list of names")]
    public IReadOnlyList<string> ToolsOff { get; init; } = [];

    /// <summary>Generation: today's date for the calendar of a model with tools, a template that gives one such as 2023-01-30; null: the tool's own.</summary>
    [Option("Generation: today's date for the calendar of a model with tools, a template that gives one such as 2023-01-30; null: the tool's own.")]
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
    /// <summary>Name of the field.</summary>
    [Option("Name of the field.")]
    public required string Name { get; init; }

    /// <summary>Its value, a template.</summary>
    [Option("Its value, a template.")]
    public required string Value { get; init; }

    /// <summary>Separator at which the value is split into a list; null: the value stays a text.</summary>
    [Option("Separator at which the value is split into a list; null: the value stays a text.")]
    public string? SplitAt { get; init; }
}
