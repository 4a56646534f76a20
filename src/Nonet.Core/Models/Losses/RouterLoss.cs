using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>The probabilities (N, E) that the routers of a forward pass gave their experts, layer by layer.</summary>
sealed class RouterProbabilities
{
    readonly List<Tensor> layers = [];

    public IReadOnlyList<Tensor> Layers => layers;

    public void Add(Tensor probabilities) => layers.Add(probabilities);
}

/// <summary>Load-balancing loss: keeps a router from sending all tokens to few experts.</summary>
static class RouterLoss
{
    /// <summary>
    /// E Σₑ fₑ Pₑ, with fₑ the choices of expert e for each token and Pₑ its mean probability, both over all layers together: 1 · k if all
    /// experts serve alike. The choices have no gradient. Fedus et al. 2021, eq. 4 to 6; k choices, and layers together, as in transformers.
    /// </summary>
    /// <param name="probabilities">(N, E) of each layer with experts.</param>
    /// <param name="routing">Experts of a token.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Balance(IReadOnlyList<Tensor> probabilities, ExpertRouting routing)
    {
        var (tokens, experts) = (probabilities[0].Shape[0], probabilities[0].Shape[1]);
        var chosen = new long[experts];
        foreach (var layer in probabilities)
            Count(layer, routing, chosen);
        var shares = Array.ConvertAll(chosen, c => (float)((double)c / tokens / probabilities.Count));
        var f = probabilities[0].Device.From(new Shape(1, experts), shares);
        Tensor? sum = null;
        foreach (var layer in probabilities)
        {
            var mean = Ops.Mean(Ops.Linear(layer, f)); // over tokens, of Σₑ fₑ pₑ
            sum = sum is null ? mean : Ops.Add(sum, mean);
        }
        return Ops.Scale(sum!, (float)experts / probabilities.Count);
    }

    /// <summary>Adds how often each expert is chosen.</summary>
    static void Count(Tensor probabilities, ExpertRouting routing, long[] chosen)
    {
        using var scope = new TensorScope();
        var host = probabilities.Download();
        var (row, mine, weights) = (new double[chosen.Length], new int[routing.Chosen], new double[routing.Chosen]);
        for (var token = 0; token < host.Shape[0]; token++)
        {
            for (var e = 0; e < row.Length; e++)
                row[e] = host.Value((long)token * row.Length + e);
            routing.Choose(row, mine, weights);
            foreach (var e in mine)
                chosen[e]++;
        }
    }
}
