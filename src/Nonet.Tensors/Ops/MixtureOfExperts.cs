using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

/// <summary>Settings of the routing of tokens to experts.</summary>
/// <param name="Chosen">k: experts per token.</param>
/// <param name="Normalized">Whether the weights of the k experts are scaled to sum to 1.</param>
/// <param name="Activation">f of the experts.</param>
public readonly record struct ExpertRouting(int Chosen, bool Normalized = true, Activation Activation = Activation.Silu)
{
    /// <summary>Chooses the k most probable experts of a token, most probable first. Of two equal experts the earlier comes first.</summary>
    /// <param name="probabilities">(E).</param>
    /// <param name="chosen">Receives the indices of the k experts.</param>
    /// <param name="weights">Receives their weights: the probabilities, divided by their sum if normalised.</param>
    /// <returns>Divisor of the probabilities.</returns>
    public double Choose(ReadOnlySpan<double> probabilities, Span<int> chosen, Span<double> weights)
    {
        var sum = 0.0;
        for (var i = 0; i < Chosen; i++)
        {
            var best = -1;
            for (var e = 0; e < probabilities.Length; e++)
            {
                if (!chosen[..i].Contains(e) && (best < 0 || probabilities[e] > probabilities[best]))
                    best = e;
            }
            (chosen[i], weights[i]) = (best, probabilities[best]);
            sum += probabilities[best];
        }
        if (!Normalized)
            return 1;
        for (var i = 0; i < Chosen; i++)
            weights[i] /= sum;
        return sum;
    }
}

public static partial class Ops
{
    /// <summary>
    /// y = Σ gₑ Wₑ,down (f(Wₑ,gate x) ⊙ Wₑ,up x) over the k most probable of E experts, with gₑ = pₑ / Σ pⱼ over these k, or gₑ = pₑ. The
    /// choice has no gradient; the weights gₑ have one. Shazeer et al. 2017, section 2.1, with the probabilities before the choice; Fedus
    /// et al. 2021, section 2.1.
    /// </summary>
    /// <param name="x">(N, C).</param>
    /// <param name="probabilities">(N, E).</param>
    /// <param name="gate">E weights (H, C), in F32, BF16, F16 or quantised.</param>
    /// <param name="up">E weights (H, C).</param>
    /// <param name="down">E weights (C, H).</param>
    /// <param name="routing">k, and whether the weights are normalised.</param>
    /// <returns>(N, C).</returns>
    public static Tensor MixtureOfExperts(Tensor x, Tensor probabilities, Tensor[] gate, Tensor[] up, Tensor[] down, ExpertRouting routing)
    {
        var experts = gate.Length;
        if (experts == 0 || up.Length != experts || down.Length != experts)
            throw new ShapeException($"MixtureOfExperts: {experts} gates, {up.Length} ups and {down.Length} downs; expected one of each for every expert");
        if (x.Shape.Rank != 2 || probabilities.Shape != new Shape(x.Shape[0], experts))
            throw new ShapeException(
                $"MixtureOfExperts: x {x.Shape} and {experts} experts need probabilities ({x.Shape[0]}, {experts}); they are {probabilities.Shape}");
        if (routing.Chosen < 1 || routing.Chosen > experts)
            throw new ShapeException($"MixtureOfExperts: {routing.Chosen} of {experts} experts for a token; expected 1 to {experts}");
        for (var e = 0; e < experts; e++)
        {
            CheckLinear(x, gate[e], null, null);
            if (up[e].Shape != gate[e].Shape || down[e].Shape != new Shape(x.Shape[1], gate[e].Shape[0]) || !up[e].DType.IsWeight()
                || !down[e].DType.IsWeight())
                throw new ShapeException(
                    $"MixtureOfExperts: expert {e} has gate {gate[e]}, up {up[e]} and down {down[e]}; (H, {x.Shape[1]}) twice and ({x.Shape[1]}, H) are "
                    + $"needed");
        }
        var y = x.Device.Empty(x.Shape);
        var weights = new ExpertWeights(gate, up, down);
        x.Device.MixtureOfExperts(x, probabilities, weights, routing, y);
        return Tape.IsRecording ? Tape.Record(y, new MixtureOfExpertsNode(x, probabilities, weights, routing)) : y;
    }

    sealed class MixtureOfExpertsNode(Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing)
        : Node([x, probabilities, .. weights.Gate, .. weights.Up, .. weights.Down])
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var experts = weights.Gate.Length;
            var into = new ExpertGradients(new GradientTarget[experts], new GradientTarget[experts], new GradientTarget[experts]);
            for (var e = 0; e < experts; e++)
                (into.Gate[e], into.Up[e], into.Down[e]) = (Into(2 + e), Into(2 + experts + e), Into(2 + 2 * experts + e));
            x.Device.MixtureOfExpertsBackward(dy!, x, probabilities, weights, routing, Into(0), Into(1), into);
        }
    }
}

/// <summary>The weights of all experts: gate and up (H, C), down (C, H).</summary>
public readonly record struct ExpertWeights(Tensor[] Gate, Tensor[] Up, Tensor[] Down);

/// <summary>Targets of the gradients of <see cref="ExpertWeights"/>.</summary>
public readonly record struct ExpertGradients(GradientTarget[] Gate, GradientTarget[] Up, GradientTarget[] Down);

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.MixtureOfExperts"/>.</summary>
    public virtual void MixtureOfExperts(Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, Tensor y) =>
        throw Lacks("MixtureOfExperts");

    /// <summary>With zₑ the output of an expert: dzₑ = gₑ dy and dgₑ = dy · zₑ. With normalised weights dpₑ = (dgₑ − Σ gⱼ dgⱼ) / Σ pⱼ.</summary>
    public virtual void MixtureOfExpertsBackward(
        Tensor dy, Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, GradientTarget dx, GradientTarget dp, ExpertGradients into) =>
        throw Lacks("MixtureOfExperts backward");
}
