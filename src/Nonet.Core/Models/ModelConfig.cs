using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>Shape of a model. Each architecture derives one, in the file of its name.</summary>
public abstract record ModelConfig
{
    /// <summary>No count or width is larger: 16 M ids, tokens or features. Products of two of them still fit in a long, and four times a width in an int.</summary>
    public const int MostOfAnything = 1 << 24;

    /// <summary>Four times the deepest transformer in print: Wang et al. 2022, "DeepNet", has 1,000 layers.</summary>
    public const int MostLayers = 4096;

    /// <summary>Number of token ids.</summary>
    public required int Vocab { get; init; }

    /// <summary>The family's name, as config.json's model_type has it: "llama", "gpt2", "bert".</summary>
    public abstract string Family { get; }

    /// <summary>The architecture's name in recipes and in the list of runs: "gpt3", "transformer".</summary>
    public virtual string Kind => Family;

    /// <summary>Longest sequence.</summary>
    public abstract int MaxLength { get; }

    /// <summary>Numbers of a hidden state.</summary>
    public abstract int StateWidth { get; }

    /// <summary>Whether there is an output layer over the vocabulary; a decoder under the output layer of a task has none.</summary>
    internal bool PredictsTokens { get; init; } = true;

    /// <summary>The output layer of a task; null: there is none.</summary>
    public virtual TaskHead? Task => null;

    /// <summary>The same trunk with the output layer of a task in place of its own.</summary>
    public virtual ModelConfig WithTask(TaskHead task) => new Decoders.TaskDecoderConfig { Vocab = Vocab, Trunk = this, Head = task };

    /// <summary>Layers, widths and heads in words.</summary>
    public abstract string Outline { get; }

    /// <summary>The same model with an output matrix of its own; null where it has one already, or has no output.</summary>
    public virtual ModelConfig? Untied() => null;

    /// <summary>"1 layer", "2 layers".</summary>
    private protected static string Count(int n, string noun) => n == 1 ? $"1 {noun}" : $"{n} {noun}s";

    /// <summary>Throws a <see cref="ConfigException"/> where the configuration makes no model.</summary>
    public abstract void Check();

    /// <summary>What a training step keeps of a token, for the forecast of its memory; null: no forecast is made for this kind.</summary>
    public virtual KeptActivations? Kept => null;

    /// <summary>Declares the model; its store is then to be filled.</summary>
    public abstract ILanguageModel Create(ParameterPath p);
}

/// <summary>Numbers that a training step keeps of a token for the backward pass.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">Of the hidden state between them.</param>
/// <param name="Block">Numbers that a block keeps.</param>
public readonly record struct KeptActivations(int Layers, int Width, long Block);
