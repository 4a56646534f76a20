namespace Nonet.Models;

/// <summary>The output layer of a task over a model's hidden states.</summary>
public sealed record TaskHead
{
    /// <summary>Kind of the output layer: one of the heads from <see cref="ModelHead.SequenceClassification"/> on.</summary>
    public required ModelHead Kind { get; init; }

    /// <summary>Names of the labels of sequence and token classification, one per output. Lists of equal names are equal.</summary>
    public IReadOnlyList<string> Labels { get; init => field = new LabelNames(value); } = new LabelNames([]);

    /// <summary>Meaning of the logits of a sequence classification.</summary>
    public LabelProblem Problem { get; init; }

    /// <summary>Whether the labels have names.</summary>
    internal bool HasLabels => Kind is ModelHead.SequenceClassification or ModelHead.TokenClassification;

    /// <summary>Whether every token has logits, instead of the text as a whole.</summary>
    internal bool IsByToken => Kind is ModelHead.TokenClassification or ModelHead.QuestionAnswering;

    /// <summary>Number of logits per text or per token.</summary>
    internal int Outputs => Kind switch
    {
        ModelHead.QuestionAnswering => 2, // start and end
        ModelHead.MultipleChoice => 1,
        _ => Labels.Count,
    };

    /// <summary>Throws a <see cref="ConfigException"/> if there are no labels, or if two have the same name.</summary>
    internal void Check(ConfigRules rules)
    {
        if (Kind < ModelHead.SequenceClassification || !Enum.IsDefined(Kind))
            throw rules.Wrong(nameof(Kind), Kind, string.Join(", ", Enum.GetValues<ModelHead>().Where(h => h >= ModelHead.SequenceClassification)));
        if (!Enum.IsDefined(Problem))
            throw rules.Wrong(nameof(Problem), Problem, string.Join(", ", Enum.GetNames<LabelProblem>()));
        if (HasLabels && Labels.Count == 0)
            throw rules.Wrong(nameof(Labels), "empty", $"the names of the labels of {Kind}");
        if (Labels.GroupBy(l => l, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw rules.Wrong(nameof(Labels), $"'{twice.Key}' {twice.Count()} times", "names that differ");
    }
}
