using Nonet.Files;

namespace Nonet.Data.Mixtures;

/// <summary>
/// A mixture of instruction tasks as data: sub-mixtures with their sources, the shares of all tasks, and the formats of the prompts. Chung et al. 2022
/// (arXiv:2210.11416) and Longpre et al. 2023 (arXiv:2301.13688).
/// </summary>
public sealed record MixtureOptions
{
    /// <summary>Name of the mixture. Left out: the name of the file.</summary>
    [Option("Name of the mixture. Left out: the name of the file.")]
    public required string Name { get; init; }

    /// <summary>Weights, caps and formats of a published mixture, for sub-mixtures of its names; null: each sub-mixture has its own.</summary>
    [Option("Weights, caps and formats of a published mixture, for sub-mixtures of its names; null: each sub-mixture has its own.")]
    public MixturePreset? Preset { get; init; }

    /// <summary>The sub-mixtures.</summary>
    [Option("The sub-mixtures.", Expected = "a list of sub-mixtures: name, sources")]
    public required IReadOnlyList<SubmixtureOptions> Submixtures { get; init; }

    /// <summary>Clusters of tasks that are never trained on, but evaluated.</summary>
    [Option("Clusters of tasks that are never trained on, but evaluated.", Expected = "a list of clusters")]
    public IReadOnlyList<string> HeldOut { get; init; } = [];

    /// <summary>Number of templates of each task that training never uses, the last ones. They serve to evaluate on unseen phrasings.</summary>
    [Option("Number of templates of each task that training never uses, the last ones. They serve to evaluate on unseen phrasings.", Least = 0, Most = 100)]
    public int HeldOutTemplates { get; init; }

    /// <summary>Number of rows of each task that training never uses, the last ones. They serve to evaluate on seen tasks.</summary>
    [Option("Number of rows of each task that training never uses, the last ones. They serve to evaluate on seen tasks.", Least = 0)]
    public int HeldOutRows { get; init; }

    /// <summary>Trains on only this many tasks, spread over the clusters; a larger number includes the tasks of a smaller one. Null: all.</summary>
    [Option("Trains on only this many tasks, spread over the clusters; a larger number includes the tasks of a smaller one. Null: all.", Least = 1)]
    public int? Tasks { get; init; }

    /// <summary>Ablation: gives every example the instruction of a randomly drawn task.</summary>
    [Option("Ablation: gives every example the instruction of a randomly drawn task.")]
    public bool ShuffleInstructions { get; init; }

    /// <summary>Leaves out rows whose prompt without exemplars has more tokens, before shares are computed. Null: the preset's, otherwise no limit.</summary>
    [Option("Leaves out rows whose prompt without exemplars has more tokens, before shares are computed. Null: the preset's, otherwise no limit.", Least = 1)]
    public int? MaxInput { get; init; }

    /// <summary>Leaves out rows whose answer has more tokens. Null: the preset's, otherwise no limit.</summary>
    [Option("Leaves out rows whose answer has more tokens. Null: the preset's, otherwise no limit.", Least = 1)]
    public int? MaxTarget { get; init; }

    /// <summary>Adds exemplars only while the prompt has at most this many tokens. Null: the preset's, otherwise max_input, otherwise no limit.</summary>
    [Option("Adds exemplars only while the prompt has at most this many tokens. Null: the preset's, otherwise max_input, otherwise no limit.", Least = 1)]
    public int? MaxFewShot { get; init; }

    /// <summary>Number of consecutive words that count as a leak if a held-out row shares them with a training row.</summary>
    [Option("Number of consecutive words that count as a leak if a held-out row shares them with a training row.", Least = 2, Most = 100)]
    public int Overlap { get; init; } = 13;

    /// <summary>Seed of all random draws.</summary>
    [Option("Seed of all random draws.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first option that does not fit the others.</summary>
    public void Check()
    {
        if (Submixtures.Count == 0)
            throw new ArgumentException("submixtures is empty; expected at least one sub-mixture");
        for (var i = 0; i < Submixtures.Count; i++)
        {
            var own = Submixtures[i];
            if (Submixtures.Take(i).Any(s => s.Name == own.Name))
                throw new ArgumentException($"submixtures.{i}.name is {own.Name}, which another one has too; expected different names");
            if (Preset is { } preset && own.Weight is null && MixturePresets.Of(preset, own.Name) is null)
                throw new ArgumentException(
                    $"submixtures.{i}.name is {own.Name}: the preset has {string.Join(", ", MixturePresets.Names(preset))}; use one of these, or give the "
                    + $"sub-mixture a weight");
            own.Check($"submixtures.{i}");
        }
        if (Submixtures.Sum(s => Settled(s).Weight) is 0 or double.NaN)
            throw new ArgumentException(
                $"submixtures have weights that sum to nothing ({string.Join(", ", Submixtures.Select(s => $"{s.Name} 0"))}): at least one needs a weight "
                + $"above 0");
    }

    /// <summary>A sub-mixture with the preset's values in place of null.</summary>
    internal SettledSubmixture Settled(SubmixtureOptions own)
    {
        var preset = Preset is { } p ? MixturePresets.Of(p, own.Name) : null;
        return new SettledSubmixture(own, own.Weight ?? preset?.Weight ?? 1, own.Cap ?? preset?.Cap, own.Inverted ?? preset?.Inverted ?? 0, own.FewShot ?? 0.5,
            own.AnswerOptions ?? preset?.AnswerOptions ?? 0.5);
    }

    /// <summary>Limits in tokens with the preset's values in place of null.</summary>
    internal (int? Input, int? Target, int? FewShot) Limits
    {
        get
        {
            var (input, target, fewShot) = Preset is { } p ? MixturePresets.Limits(p) : (null, null, null);
            return (MaxInput ?? input, MaxTarget ?? target, MaxFewShot ?? fewShot ?? MaxInput ?? input);
        }
    }
}

/// <summary>A sub-mixture as it is sampled.</summary>
sealed record SettledSubmixture(SubmixtureOptions Options, double Weight, int? Cap, double Inverted, double FewShot, double AnswerOptions);

/// <summary>Tasks that share a weight: within it, a task's share is in proportion to its number of rows, up to a cap.</summary>
public sealed record SubmixtureOptions
{
    /// <summary>Name of the sub-mixture.</summary>
    [Option("Name of the sub-mixture.")]
    public required string Name { get; init; }

    /// <summary>Weight among the sub-mixtures; only ratios matter. Null: the preset's, else 1.</summary>
    [Option("Weight among the sub-mixtures; only ratios matter. Null: the preset's, else 1.", Least = 0)]
    public double? Weight { get; init; }

    /// <summary>Maximum number of rows that count for a task's share. Null: the preset's, otherwise no cap.</summary>
    [Option("Maximum number of rows that count for a task's share. Null: the preset's, otherwise no cap.", Least = 1)]
    public int? Cap { get; init; }

    /// <summary>Share of the prompts with exemplars. Null: half.</summary>
    [Option("Share of the prompts with exemplars. Null: half.", Least = 0, Most = 1)]
    public double? FewShot { get; init; }

    /// <summary>Minimum number of exemplars in a few-shot prompt.</summary>
    [Option("Minimum number of exemplars in a few-shot prompt.", Least = 1, Most = 32)]
    public int LeastShots { get; init; } = 2;

    /// <summary>Maximum number of exemplars in a few-shot prompt.</summary>
    [Option("Maximum number of exemplars in a few-shot prompt.", Least = 1, Most = 32)]
    public int MostShots { get; init; } = 5;

    /// <summary>Share of the few-shot prompts that have no instruction.</summary>
    [Option("Share of the few-shot prompts that have no instruction.", Least = 0, Most = 1)]
    public double WithoutInstruction { get; init; } = 0.1;

    /// <summary>Share of the prompts that list the answer options, of rows that have some. Null: the preset's, else half.</summary>
    [Option("Share of the prompts that list the answer options, of rows that have some. Null: the preset's, else half.", Least = 0, Most = 1)]
    public double? AnswerOptions { get; init; }

    /// <summary>Share of the prompts that ask for the reasoning before the answer, of rows that have some.</summary>
    [Option("Share of the prompts that ask for the reasoning before the answer, of rows that have some.", Least = 0, Most = 1)]
    public double ChainOfThought { get; init; } = 0.5;

    /// <summary>
    /// Weight of a task's inverted copy, which gives the answer or the reasoning and asks for the question, relative to the task's own. Null: the preset's,
    /// else 0.
    /// </summary>
    [Option("Weight of a task's inverted copy, which gives the answer or the reasoning and asks for the question, relative to the task's own. Null: the "
        + "preset's, else 0.", Least = 0, Most = 10)]
    public double? Inverted { get; init; }

    /// <summary>Where the tasks are.</summary>
    [Option("Where the tasks are.", Expected = "a list of sources: kind, path")]
    public required IReadOnlyList<MixtureSource> Sources { get; init; }

    internal void Check(string path)
    {
        if (Weight is { } weight && !double.IsFinite(weight))
            throw new ArgumentException($"{path}.weight is {weight}; expected a finite number");
        if (MostShots < LeastShots)
            throw new ArgumentException($"{path}.most_shots is {MostShots}; expected at least least_shots, {LeastShots}");
        if (Sources.Count == 0)
            throw new ArgumentException($"{path}.sources is empty; expected at least one source");
        for (var i = 0; i < Sources.Count; i++)
            Sources[i].Check($"{path}.sources.{i}");
    }
}
