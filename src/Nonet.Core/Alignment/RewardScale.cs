using System.Text.Json;
using Nonet.Files;

namespace Nonet.Alignment;

/// <summary>Normalisation of a model's rewards.</summary>
public enum RewardNormalization
{
    /// <summary>The rewards are used as the model computes them.</summary>
    None,

    /// <summary>A bias is added, so that demonstrations have mean 0. Ouyang et al. 2022, section 3.5.</summary>
    Mean,

    /// <summary>A gain and a bias give demonstrations mean 0 and deviation 1. Ziegler et al. 2019, section 2.1.</summary>
    MeanAndDeviation,
}

/// <summary>
/// Reward = gain · output + bias. It is kept in reward.json beside the model, because transformers' sequence classifiers have no place for it.
/// </summary>
/// <param name="Gain">Factor.</param>
/// <param name="Bias">Summand.</param>
public sealed record RewardScale(double Gain, double Bias)
{
    const string FileName = "reward.json";

    /// <summary>Whether prompts and answers are conversations in the layout of the model's chat template. Null: the folder has no reward.json.</summary>
    public bool? Chat { get; init; }

    /// <summary>Whether a folder has a reward.json, as the folders of Nonet's reward models do.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Leaves outputs as they are.</summary>
    public static RewardScale Identity { get; } = new(1, 0);

    /// <summary>The scale under which the given outputs have mean 0, or also deviation 1.</summary>
    public static RewardScale Of(IReadOnlyList<double> outputs, RewardNormalization normalization)
    {
        if (normalization == RewardNormalization.None || outputs.Count == 0)
            return Identity;
        var mean = outputs.Average();
        var deviation = Math.Sqrt(outputs.Average(y => (y - mean) * (y - mean)));
        var gain = normalization == RewardNormalization.MeanAndDeviation && deviation > 0 ? 1 / deviation : 1;
        return new RewardScale(gain, -gain * mean);
    }

    /// <summary>The reward of an output.</summary>
    public double Of(double output) => Gain * output + Bias;

    /// <summary>The scale in a model's folder; <see cref="Identity"/> if the folder has none.</summary>
    public static RewardScale Read(string folder)
    {
        if (!IsIn(folder))
            return Identity;
        var fields = JsonFields.Read(Path.Combine(folder, FileName));
        return new RewardScale(fields.Number("gain", 1, -1e12, 1e12), fields.Number("bias", 0, -1e12, 1e12)) { Chat = fields.Flag("chat", false) };
    }

    /// <summary>Writes reward.json into a folder.</summary>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("gain", Gain);
        json.WriteNumber("bias", Bias);
        if (Chat == true)
            json.WriteBoolean("chat", true);
        json.WriteEndObject();
    });
}
