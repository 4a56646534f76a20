using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// Gated feed-forward layers; a router chooses some of them for each token. Shazeer et al. 2017, section 2; as in Qwen3: Yang et al. 2025,
/// section 2.
/// </summary>
public sealed class Experts
{
    readonly ExpertRouting routing;
    readonly Linear router;
    readonly Parameter[] gate, up, down;

    internal Experts(ParameterPath p, int width, int hidden, int experts, ExpertRouting routing, double deviation, double outputDeviation)
    {
        this.routing = routing;
        router = new Linear(p / "router", width, experts, bias: false, deviation, ParameterRole.Router);
        gate = Declare("gate", new Shape(hidden, width), deviation);
        up = Declare("up", new Shape(hidden, width), deviation);
        down = Declare("down", new Shape(width, hidden), outputDeviation);

        Parameter[] Declare(string name, Shape shape, double start) => [.. Enumerable.Range(0, experts).Select(e =>
        {
            var weight = (p / "experts" / e / name / "weight").Add(shape, Initialization.Normal(start), ParameterRole.Matrix);
            weight.Share = (double)routing.Chosen / experts;
            return weight;
        })];
    }

    /// <summary>residual + the weighted sum of the chosen experts: (N, width) → (N, width).</summary>
    internal Tensor Forward(Tensor x, Tensor residual, Batch batch)
    {
        var probabilities = Ops.Softmax(router.Forward(x));
        batch.Routers?.Add(probabilities);
        return Ops.Add(residual, Ops.MixtureOfExperts(x, probabilities, Values(gate), Values(up), Values(down), routing));
    }

    static Tensor[] Values(Parameter[] parameters) => Array.ConvertAll(parameters, p => p.Value);
}
