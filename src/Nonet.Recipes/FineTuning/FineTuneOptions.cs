using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Models.Encoders;

namespace Nonet.Recipes.FineTuning;

/// <summary>What determines the outcome of <see cref="FineTune"/>; the defaults are those of Devlin et al. 2018, appendix A.3.</summary>
public sealed record FineTuneOptions : TrainingOptions
{
    /// <summary>Examples a micro-batch; a window of a passage is an example.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Times that every example is taken; decides the steps.</summary>
    public double Epochs { get; init; } = 3;

    /// <summary>Share of the steps until the highest rate.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Most tokens of an input; longer ones are cut, and counted. Null: the model's context.</summary>
    public int? Length { get; init; }

    /// <summary>Train thin changes of some layers, and the head; null: all weights.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>The options with steps, warm-up and evaluations for so many examples.</summary>
    internal FineTuneOptions For(int examples)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(Epochs * examples / ((double)Batch * Accumulate)));
        var epoch = Math.Max(1, (int)Math.Ceiling(examples / ((double)Batch * Accumulate)));
        return this with { Steps = steps, Warmup = (int)Math.Round(WarmupShare * steps), EvaluateEvery = epoch, SaveEvery = epoch };
    }

    [JsonIgnore]
    internal override IReadOnlyList<string> LengthKeys => ["steps", "epochs", "warmup"];

    private protected override JsonObject OwnJson() => (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.Default.FineTuneOptions)!;

    internal override void Check()
    {
        AtLeast(1, Batch, "batch");
        AtLeast(4, Length ?? 4, "length");
        if (Epochs is not (> 0 and <= 1e6))
            throw new ArgumentException($"epochs is {Epochs}: a number above 0 is needed");
        if (WarmupShare is not (>= 0 and < 1))
            throw new ArgumentException($"warmup_share is {WarmupShare}: a number in [0, 1) is needed");
        Lora?.Check();
        base.Check();
    }

    /// <summary>What can be checked before the model is known.</summary>
    internal void CheckOwn() => (this with { Model = new BertConfig { Vocab = 1 }, Steps = 1 }).Check();
}

/// <summary>Low-rank changes instead of all weights: Hu et al. 2021.</summary>
public sealed record LoraOptions
{
    /// <summary>r.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>α: a change is scaled by α / r.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Layers that are changed, by name (query, key, value, output, up, down) or role (matrix, embedding).</summary>
    public IReadOnlyList<string> Projections { get; init; } = ["query", "value"];

    internal void Check()
    {
        if (Rank < 1)
            throw new ArgumentException($"lora.rank is {Rank}: at least 1 is needed");
        if (Alpha is not (> 0 and <= double.MaxValue))
            throw new ArgumentException($"lora.alpha is {Alpha}: a number above 0 is needed");
        if (Projections.Count == 0)
            throw new ArgumentException("lora.projections is empty: one at least is needed, such as query");
    }
}
