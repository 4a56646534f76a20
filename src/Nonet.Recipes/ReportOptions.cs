using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Inference;

namespace Nonet.Recipes;

/// <summary>Settings that report and keep a run. They do not change the result.</summary>
public record ReportOptions
{
    /// <summary>Updates between reports.</summary>
    [Option("Updates between reports.", Least = 1)]
    public int ReportEvery { get; init; } = 10;

    /// <summary>Number of newest checkpoints to keep, besides the best one.</summary>
    [Option("Number of newest checkpoints to keep, besides the best one.", Least = 1)]
    public int Keep { get; init; } = 2;

    /// <summary>Updates between samples of the model's text; there are also samples at the start and the end. Null: none.</summary>
    [Option("Updates between samples of the model's text; there are also samples at the start and the end. Null: none.", Least = 1)]
    public int? SampleEvery { get; init; }

    /// <summary>Beginning of the samples.</summary>
    [Option("Beginning of the samples.")]
    public string Prompt { get; init; } = "\n";

    /// <summary>Temperature of the samples; 0 always takes the most likely token.</summary>
    [Option("Temperature of the samples; 0 always takes the most likely token.", Least = 0)]
    public double SampleTemperature { get; init; } = 0.8;

    /// <summary>Number of tokens in a sample.</summary>
    [Option("Number of tokens in a sample.", Least = 0)]
    public int SampleTokens { get; init; } = 200;

    /// <summary>Sampling of the samples.</summary>
    [JsonIgnore]
    internal SamplerOptions Sampler => new() { Temperature = SampleTemperature };
}
