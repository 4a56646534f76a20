using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>y = x Wᵀ + b, with <c>weight</c> (outputs, inputs) and, where asked for, <c>bias</c> (outputs).</summary>
public sealed class Linear : IAdaptable
{
    public Linear(ParameterPath p, int inputs, int outputs, bool bias, double deviation, ParameterRole role = ParameterRole.Matrix)
        : this(p, inputs, outputs, bias, Initialization.Normal(deviation), role)
    {
    }

    /// <param name="p">Where the weights are declared.</param>
    /// <param name="inputs">Features of x.</param>
    /// <param name="outputs">Features of y.</param>
    /// <param name="bias">Whether there is a b.</param>
    /// <param name="start">How W starts; b starts at 0.</param>
    /// <param name="role">Of W: a matrix inside the network, or the head on top of it.</param>
    public Linear(ParameterPath p, int inputs, int outputs, bool bias, Initialization start, ParameterRole role = ParameterRole.Matrix)
    {
        Weight = (p / "weight").Add(new Shape(outputs, inputs), start, role);
        Weight.Layer = this;
        Bias = bias ? (p / "bias").Add(new Shape(outputs), Initialization.Zeros, role == ParameterRole.Head ? ParameterRole.HeadBias : ParameterRole.Bias) : null;
    }

    public Parameter Weight { get; }
    public Parameter? Bias { get; }

    /// <summary>A trainable change of this layer; null is off. With one, the layer runs unfused.</summary>
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
        if (Adapter is null)
            return Ops.Linear(x, Weight.Value, Bias?.Value, residual, input);
        if (input != Activation.None)
            x = Ops.Activate(x, input);
        return Adapter.Forward(x, Ops.Linear(x, Weight.Value, Bias?.Value, residual));
    }

    /// <summary>(f(gate) ⊙ up) Wᵀ + b + residual: the end of a gated feed-forward layer. Shazeer 2020, eq. 6.</summary>
    public Tensor ForwardGated(Tensor gate, Tensor up, Tensor? residual = null, Activation activation = Activation.Silu)
    {
        if (Adapter is null)
            return Ops.LinearGated(gate, up, Weight.Value, Bias?.Value, residual, activation);
        var x = Ops.Mul(Ops.Activate(gate, activation), up);
        return Adapter.Forward(x, Ops.Linear(x, Weight.Value, Bias?.Value, residual));
    }

    /// <summary>Several layers of one input, which is then read once.</summary>
    public static Tensor[] Many(Tensor x, params ReadOnlySpan<Linear> layers)
    {
        var weights = new Tensor[layers.Length];
        var biases = new Tensor?[layers.Length];
        for (var i = 0; i < layers.Length; i++)
            (weights[i], biases[i]) = (layers[i].Weight.Value, layers[i].Bias?.Value);
        var results = Ops.LinearMany(x, weights, biases);
        var adapted = new Tensor[layers.Length]; // not written over results, which the tape holds
        for (var i = 0; i < layers.Length; i++)
            adapted[i] = layers[i].Adapter?.Forward(x, results[i]) ?? results[i];
        return adapted;
    }
}
