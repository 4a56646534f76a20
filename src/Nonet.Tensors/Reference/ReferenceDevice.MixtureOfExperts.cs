using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void MixtureOfExperts(Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, Tensor y)
    {
        using var scope = new TensorScope();
        weights = Plain(weights);
        for (var n = 0; n < x.Shape[0]; n++)
        {
            var (chosen, shares, _) = Chosen(probabilities, routing, n);
            for (var c = 0; c < x.Shape[1]; c++)
                y.F64[(long)n * x.Shape[1] + c] = 0;
            for (var i = 0; i < routing.Chosen; i++)
            {
                var (_, z) = Expert(x, weights, routing, chosen[i], n);
                for (var c = 0; c < z.Length; c++)
                    y.F64[(long)n * z.Length + c] += shares[i] * z[c];
            }
        }
    }

    /// <inheritdoc/>
    public override void MixtureOfExpertsBackward(
        Tensor dy, Tensor x, Tensor probabilities, ExpertWeights weights, ExpertRouting routing, GradientTarget dx, GradientTarget dp, ExpertGradients into)
    {
        foreach (var target in (IEnumerable<GradientTarget>)[dx, dp, .. into.Gate, .. into.Up, .. into.Down])
        {
            if (target.Wanted && !target.Add)
                Fill(target.Tensor, 0);
        }
        using var scope = new TensorScope();
        weights = Plain(weights);
        int width = x.Shape[1], experts = weights.Gate.Length;
        for (var n = 0; n < x.Shape[0]; n++)
        {
            var (chosen, shares, divisor) = Chosen(probabilities, routing, n);
            var slopes = new double[routing.Chosen];
            for (var i = 0; i < routing.Chosen; i++)
            {
                var e = chosen[i];
                var ((gated, upped), z) = Expert(x, weights, routing, e, n);
                for (var c = 0; c < width; c++)
                    slopes[i] += dy.Value((long)n * width + c) * z[c];
                for (var h = 0; h < gated.Length; h++)
                {
                    double slope = 0, f = Value(routing.Activation, gated[h]);
                    for (var c = 0; c < width; c++)
                    {
                        var dz = shares[i] * dy.Value((long)n * width + c);
                        slope += dz * weights.Down[e].Value((long)c * gated.Length + h);
                        Add(into.Down[e], (long)c * gated.Length + h, dz * f * upped[h]);
                    }
                    var (dGate, dUp) = (slope * upped[h] * Derivative(routing.Activation, gated[h]), slope * f);
                    for (var c = 0; c < width; c++)
                    {
                        var value = x.Value((long)n * width + c);
                        Add(into.Gate[e], (long)h * width + c, dGate * value);
                        Add(into.Up[e], (long)h * width + c, dUp * value);
                        Add(dx, (long)n * width + c, dGate * weights.Gate[e].Value((long)h * width + c) + dUp * weights.Up[e].Value((long)h * width + c));
                    }
                }
            }
            var mean = routing.Normalized ? slopes.Zip(shares, (d, g) => d * g).Sum() : 0;
            for (var i = 0; i < routing.Chosen; i++)
                Add(dp, (long)n * experts + chosen[i], (slopes[i] - mean) / divisor);
        }

        static void Add(GradientTarget into, long i, double value)
        {
            if (into.Wanted)
                Put(new GradientTarget(into.Tensor, add: true), i, value);
        }
    }

    /// <summary>The weights with their blocks decoded, so that no element decodes its block again.</summary>
    ExpertWeights Plain(ExpertWeights weights)
    {
        return new ExpertWeights(All(weights.Gate), All(weights.Up), All(weights.Down));

        Tensor[] All(Tensor[] tensors) => Array.ConvertAll(tensors, t => Plain(t) ?? t);
    }

    static (int[] Chosen, double[] Weights, double Divisor) Chosen(Tensor probabilities, ExpertRouting routing, int row)
    {
        var all = Enumerable.Range(0, probabilities.Shape[1]).Select(e => probabilities.Value((long)row * probabilities.Shape[1] + e)).ToArray();
        var (chosen, weights) = (new int[routing.Chosen], new double[routing.Chosen]);
        var divisor = routing.Choose(all, chosen, weights);
        return (chosen, weights, divisor);
    }

    /// <summary>W_gate x, W_up x and the result of one expert for one token.</summary>
    static ((double[] Gated, double[] Upped), double[] Z) Expert(Tensor x, ExpertWeights weights, ExpertRouting routing, int expert, int row)
    {
        var (gate, up, down) = (weights.Gate[expert], weights.Up[expert], weights.Down[expert]);
        int width = x.Shape[1], hidden = gate.Shape[0];
        var (gated, upped, z) = (new double[hidden], new double[hidden], new double[width]);
        for (var h = 0; h < hidden; h++)
        {
            for (var c = 0; c < width; c++)
            {
                gated[h] += gate.Value((long)h * width + c) * x.Value((long)row * width + c);
                upped[h] += up.Value((long)h * width + c) * x.Value((long)row * width + c);
            }
        }
        var a = gated.Zip(upped, (g, u) => Value(routing.Activation, g) * u).ToArray();
        for (var c = 0; c < width; c++)
        {
            for (var h = 0; h < hidden; h++)
                z[c] += down.Value((long)c * hidden + h) * a[h];
        }
        return ((gated, upped), z);
    }
}
