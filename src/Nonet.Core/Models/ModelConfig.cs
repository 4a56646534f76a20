using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>Shape of a model. Each architecture derives its own record, in the file of that name.</summary>
public abstract record ModelConfig
{
    /// <summary>
    /// Limit of every count and width: 16 M ids, tokens or features. The product of two such numbers fits in a long, and four times a width
    /// in an int.
    /// </summary>
    public const int MostOfAnything = 1 << 24;

    /// <summary>
    /// Limit of the number of layers: four times the deepest published transformer. Wang et al. 2022, "DeepNet", has 1,000 layers.
    /// </summary>
    public const int MostLayers = 4096;

    /// <summary>Number of token ids.</summary>
    public required int Vocab { get; init; }

    /// <summary>Name of the family, as in model_type of config.json: "llama", "gpt2", "bert".</summary>
    public abstract string Family { get; }

    /// <summary>Name of the architecture in recipes and lists of runs: "gpt3", "transformer".</summary>
    public virtual string Kind => Family;

    /// <summary>Longest sequence, in tokens, including the effect of rotary scaling.</summary>
    public abstract int MaxLength { get; }

    /// <summary>Numbers of a hidden state.</summary>
    public abstract int StateWidth { get; }

    /// <summary>Whether there is an output layer over the vocabulary. A decoder under the output layer of a task has none.</summary>
    internal bool PredictsTokens { get; init; } = true;

    /// <summary>Output layer of a task; null: there is none.</summary>
    public virtual TaskHead? Task => null;

    /// <summary>The same trunk with the output layer of a task in place of its own.</summary>
    public virtual ModelConfig WithTask(TaskHead task) => new Decoders.TaskDecoderConfig { Vocab = Vocab, Trunk = this, Head = task };

    /// <summary>Layers, widths and heads as text.</summary>
    public abstract string Outline { get; }

    /// <summary>The same model with a separate output matrix; null if it has one already or has no output.</summary>
    public virtual ModelConfig? Untied() => null;

    /// <summary>"1 layer", "2 layers".</summary>
    private protected static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{n} {noun}s";

    /// <summary>Checks all fields. Throws a <see cref="ConfigException"/> that names an invalid one.</summary>
    public abstract void Check();

    /// <summary>Numbers that a training step keeps per token, for the forecast of its memory; null: no forecast for this kind of model.</summary>
    public virtual KeptActivations? Kept => null;

    /// <summary>Declares the model's parameters below a path. Fill the store afterwards.</summary>
    public abstract ILanguageModel Create(ParameterPath p);
}

/// <summary>Numbers that a training step keeps per token for the backward pass.</summary>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Width">Features of the hidden state between blocks.</param>
/// <param name="Block">Numbers kept per block.</param>
public readonly record struct KeptActivations(int Layers, int Width, long Block);
