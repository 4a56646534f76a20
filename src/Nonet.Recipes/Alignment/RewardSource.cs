using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Checkpoints;
using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Tasks;
using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Recipes.Alignment;

/// <summary>A reward in a recipe.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ModelRewardSource), "model")]
[JsonDerivedType(typeof(AnswerRewardSource), "answer")]
[JsonDerivedType(typeof(WordRewardSource), "words")]
public abstract record RewardSource
{
    /// <summary>Name in files and plots; null: the kind.</summary>
    [Option("Name in files and plots; null: the kind.")]
    public string? Name { get; init; }

    /// <summary>Weight of this reward in the sum.</summary>
    [Option("Weight of this reward in the sum.")]
    public double Weight { get; init; } = 1;

    /// <summary>Opens the reward. The caller disposes of it.</summary>
    public abstract IReward Open(Device device);

    /// <summary>Opens several rewards as their weighted sum.</summary>
    internal static WeightedRewards Open(IReadOnlyList<RewardSource> sources, Device device) => new([.. sources.Select(s => (s.Open(device), s.Weight))]);

    /// <summary>Throws if there is no reward, or if two have the same name.</summary>
    internal static void Check(IReadOnlyList<RewardSource> rewards, IReadOnlyList<RewardSource>? heldOut)
    {
        if (rewards.Count == 0)
            throw new ArgumentException("rewards is empty; expected at least one reward: kind: model, answer or words");
        if (rewards.Concat(heldOut ?? []).GroupBy(s => s.CalledAs).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"two rewards have the name {twice.Key}; expected different names: give each a name");
    }

    /// <summary>The name, or the kind if there is no name.</summary>
    [JsonIgnore]
    internal string CalledAs => Name ?? Kind;

    [JsonIgnore]
    internal abstract string Kind { get; }
}

/// <summary>A reward model, or an ensemble.</summary>
public sealed record ModelRewardSource : RewardSource
{
    /// <summary>Folder of the reward model: a run of task: reward, or a Hugging Face sequence classifier with one output.</summary>
    [Option("Folder of the reward model: a run of task: reward, or a Hugging Face sequence classifier with one output.",
        Expected = "the folder of a reward model")]
    public required string Path { get; init; }

    /// <summary>Folders of further models of an ensemble, such as runs with other seeds; null: none.</summary>
    [Option("Folders of further models of an ensemble, such as runs with other seeds; null: none.", Expected = "a list of folders")]
    public IReadOnlyList<string>? Ensemble { get; init; }

    /// <summary>How the rewards of an ensemble are combined: mean or least.</summary>
    [Option("How the rewards of an ensemble are combined: mean or least.")]
    public EnsembleReward Combine { get; init; }

    internal override string Kind => "model";

    /// <inheritdoc/>
    public override IReward Open(Device device) => OpenModel(device);

    /// <summary>Opens the reward as a <see cref="ModelReward"/>, which gives access to its models.</summary>
    public ModelReward OpenModel(Device device)
    {
        var opened = new List<LoadedModel>();
        try
        {
            var models = new List<RewardModel>();
            foreach (var path in (string[])[Path, .. Ensemble ?? []])
            {
                var open = new LoadedModel(path, device);
                opened.Add(open);
                models.Add(RewardModel.Of(open));
            }
            return new ModelReward(CalledAs, models, Combine, [.. opened]);
        }
        catch
        {
            opened.ForEach(o => o.Dispose());
            throw;
        }
    }
}

/// <summary>1 for the expected answer of the prompt, 0 for any other.</summary>
public sealed record AnswerRewardSource : RewardSource
{
    /// <summary>Kind of the answer: number, letter, yes_no, letters, words or text.</summary>
    [Option("Kind of the answer: number, letter, yes_no, letters, words or text.")]
    public AnswerKind Answer { get; init; } = AnswerKind.Text;

    /// <summary>The text before the answer; its last occurrence counts. Null: the whole response is the answer.</summary>
    [Option("The text before the answer; its last occurrence counts. Null: the whole response is the answer.")]
    public string? Trigger { get; init; }

    internal override string Kind => "answer";

    /// <inheritdoc/>
    public override IReward Open(Device device) => new AnswerReward(CalledAs, new AnswerOptions { Kind = Answer, Trigger = Trigger });
}

/// <summary>One point for each distinct word of a list that a response contains, minus penalties.</summary>
public sealed record WordRewardSource : RewardSource
{
    /// <summary>The words, in lower case.</summary>
    [Option("The words, in lower case.", Expected = "a list of words")]
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Subtracted for each character.</summary>
    [Option("Subtracted for each character.")]
    public double LengthPenalty { get; init; }

    /// <summary>Subtracted for each word that has occurred in the response before.</summary>
    [Option("Subtracted for each word that has occurred in the response before.")]
    public double RepetitionPenalty { get; init; }

    internal override string Kind => "words";

    /// <inheritdoc/>
    public override IReward Open(Device device) => new WordReward(CalledAs, [.. Words], LengthPenalty, RepetitionPenalty);
}
