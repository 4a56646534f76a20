using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Layers;

/// <summary>y = x Wᵀ + b, with <c>weight</c> (outputs, inputs) and an optional <c>bias</c> (outputs).</summary>
public sealed class Linear : IAdaptable
{
    /// <summary>Declares a layer whose initial weights are normal with the given deviation; the bias is initially 0.</summary>
    public Linear(ParameterPath p, int inputs, int outputs, bool bias, double deviation, ParameterRole role = ParameterRole.Matrix)
        : this(p, inputs, outputs, bias, Initialization.Normal(deviation), role)
    {
    }

    /// <summary>Declares a layer.</summary>
    /// <param name="p">Path of the layer; <c>weight</c> and <c>bias</c> are below it.</param>
    /// <param name="inputs">Features of x.</param>
    /// <param name="outputs">Features of y.</param>
    /// <param name="bias">Whether the layer has a bias.</param>
    /// <param name="start">Initial values of W; b is initially 0.</param>
    /// <param name="role">Role of W: a matrix inside the network, or the head on top of it.</param>
    public Linear(ParameterPath p, int inputs, int outputs, bool bias, Initialization start, ParameterRole role = ParameterRole.Matrix)
    {
        Weight = (p / "weight").Add(new Shape(outputs, inputs), start, role);
        Weight.Layer = this;
        Bias = bias ? (p / "bias").Add(new Shape(outputs), Initialization.Zeros, role == ParameterRole.Head ? ParameterRole.HeadBias : ParameterRole.Bias)
            : null;
    }

    /// <inheritdoc/>
    public Parameter Weight { get; }

    /// <summary>b (outputs); null if the layer has no bias.</summary>
    public Parameter? Bias { get; }

    /// <summary>Trainable change of this layer; null: none. With a magnitude, the layer runs unfused.</summary>
    public LowRankAdapter? Adapter
    {
        get;
        set
        {
            value?.CheckFor(Weight);
            field = value;
        }
    }

    /// <summary>f(x) Wᵀ + b + residual: (N, inputs) → (N, outputs).</summary>
    public Tensor Forward(Tensor x, Tensor? residual = null, Activation input = Activation.None)
    {
        if (Adapter is { Magnitude: not null })
            return Adapter.Forward(input == Activation.None ? x : Ops.Activate(x, input), Bias?.Value, residual);
        return Ops.Linear(x, Weight.Value, Bias?.Value, residual, input, Adapter?.LowRank);
    }

    /// <summary>(f(gate) ⊙ up) Wᵀ + b + residual: the end of a gated feed-forward layer. Shazeer 2020, eq. 6.</summary>
    public Tensor ForwardGated(Tensor gate, Tensor up, Tensor? residual = null, Activation activation = Activation.Silu)
    {
        if (Adapter is { Magnitude: not null })
            return Adapter.Forward(Ops.Mul(Ops.Activate(gate, activation), up), Bias?.Value, residual);
        return Ops.LinearGated(gate, up, Weight.Value, Bias?.Value, residual, activation, Adapter?.LowRank);
    }

    /// <summary>Applies several layers to one input, which is read once.</summary>
    public static Tensor[] Many(Tensor x, params ReadOnlySpan<Linear> layers)
    {
        var isChanged = false;
        foreach (var layer in layers)
        {
            if (layer.Adapter?.Magnitude is not null)
                return OneByOne(x, layers);
            isChanged |= layer.Adapter is not null;
        }
        var weights = new Tensor[layers.Length];
        var biases = new Tensor?[layers.Length];
        var changes = isChanged ? new LowRankChange?[layers.Length] : null;
        for (var i = 0; i < layers.Length; i++)
        {
            (weights[i], biases[i]) = (layers[i].Weight.Value, layers[i].Bias?.Value);
            if (layers[i].Adapter is { } adapter)
                changes![i] = adapter.LowRank;
        }
        return Ops.LinearMany(x, weights, biases, changes);
    }

    /// <summary>Two layers on one input; without a tape, no array is made.</summary>
    internal static (Tensor A, Tensor B) Two(Tensor x, Linear a, Linear b)
    {
        if (!Tape.IsRecording)
            return (a.Forward(x), b.Forward(x));
        var both = Many(x, a, b);
        return (both[0], both[1]);
    }

    /// <summary>Three layers on one input; without a tape, no array is made.</summary>
    internal static (Tensor A, Tensor B, Tensor C) Three(Tensor x, Linear a, Linear b, Linear c)
    {
        if (!Tape.IsRecording)
            return (a.Forward(x), b.Forward(x), c.Forward(x));
        var all = Many(x, a, b, c);
        return (all[0], all[1], all[2]);
    }

    static Tensor[] OneByOne(Tensor x, ReadOnlySpan<Linear> layers)
    {
        var results = new Tensor[layers.Length];
        for (var i = 0; i < layers.Length; i++)
            results[i] = layers[i].Forward(x);
        return results;
    }
}
