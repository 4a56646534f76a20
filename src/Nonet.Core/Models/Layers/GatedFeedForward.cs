using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>W_down (f(W_gate x) ⊙ W_up x). Shazeer 2020, eq. 6. f is SiLU in LLaMA and GELU in Gemma and T5.</summary>
public sealed class GatedFeedForward
{
    readonly Activation activation;

    /// <summary>Declares the three matrices.</summary>
    public GatedFeedForward(ParameterPath p, int width, int hidden, Activation activation, double deviation, double outputDeviation, bool bias = false)
    {
        this.activation = activation;
        Gate = new Linear(p / "gate", width, hidden, bias, deviation);
        Up = new Linear(p / "up", width, hidden, bias, deviation);
        Down = new Linear(p / "down", hidden, width, bias, outputDeviation);
    }

    /// <summary>Projection (Hidden, Width) whose result passes through the activation.</summary>
    public Linear Gate { get; }

    /// <summary>Projection (Hidden, Width) that the gate multiplies.</summary>
    public Linear Up { get; }

    /// <summary>Projection (Width, Hidden) back to the model's width.</summary>
    public Linear Down { get; }

    /// <summary>residual + the feed-forward layer of x: (N, Width) to (N, Width).</summary>
    public Tensor Forward(Tensor x, Tensor? residual = null)
    {
        var (gate, up) = Linear.Two(x, Gate, Up);
        return Down.ForwardGated(gate, up, residual, activation);
    }
}
