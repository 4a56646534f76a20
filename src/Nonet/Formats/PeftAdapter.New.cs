using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Formats;

/// <summary>Adapters that are made, not read.</summary>
public sealed partial class PeftAdapter
{
    /// <summary>Puts new adapters on layers, ready for training: A drawn, B zero, so that nothing changes at first.</summary>
    /// <param name="model">The model; its own weights are to be frozen or opened for inference.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α: the change is scaled by α / r.</param>
    /// <param name="targets">Which layers, by our path of their weight; null: all linear layers of the blocks.</param>
    /// <param name="seed">Of the drawn values.</param>
    public static PeftAdapter Create(ILanguageModel model, int rank, double alpha, Func<string, bool>? targets = null, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        var adapter = new PeftAdapter(new ParameterStore(model.Parameters.Device));
        foreach (var p in model.Parameters.Parameters)
        {
            if (p.Layer is Linear linear && (targets?.Invoke(p.Path) ?? p.Path.Contains("blocks/", StringComparison.Ordinal)))
                adapter.Put(linear, rank, (float)(alpha / rank));
        }
        if (adapter.layers.Count == 0)
            throw new ArgumentException("no linear layer is chosen", nameof(targets));
        adapter.Parameters.FillForTraining(seed);
        return adapter;
    }

    /// <summary>
    /// Puts new adapters on some projections of every block and freezes the model but for the parameters that are trained whole. A head on top of the blocks is to be among those.
    /// </summary>
    /// <param name="model">The model, filled for training where parameters of its own are trained.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α: the change is scaled by α / r.</param>
    /// <param name="projections">Names of linear layers in a block: query, key, value, output, up, down, gate. Null: query and value, as in section 4.2 of the paper.</param>
    /// <param name="whole">Which parameters are trained whole, by our path; null: none.</param>
    /// <param name="seed">Of the drawn values.</param>
    public static PeftAdapter CreateForTraining(ILanguageModel model, int rank, double alpha, IReadOnlyList<string>? projections = null, Func<string, bool>? whole = null, ulong seed = 1)
    {
        var targets = Targets(model, projections);
        var adapter = Create(model, rank, alpha, targets, seed);
        adapter.Whole = Freeze(model.Parameters.Parameters, whole);
        return adapter;
    }

    /// <summary>
    /// The same for a model that is not filled yet, among whose parameters A and B are declared: one optimiser, one norm of the gradients and one <see cref="Training.Checkpoint"/> cover the
    /// adapter and what is trained whole. They are drawn when the model is filled.
    /// </summary>
    /// <param name="model">The model, not filled.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α: the change is scaled by α / r.</param>
    /// <param name="projections">As in <see cref="CreateForTraining"/>.</param>
    /// <param name="whole">Which parameters are trained whole, by our path; null: none.</param>
    /// <param name="baseModel">See <see cref="BaseModel"/>.</param>
    /// <exception cref="ArgumentException">A projection that the blocks do not have; names those that they have.</exception>
    public static PeftAdapter Declare(ILanguageModel model, int rank, double alpha, IReadOnlyList<string>? projections = null, Func<string, bool>? whole = null, string baseModel = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        var targets = Targets(model, projections);
        Parameter[] own = [.. model.Parameters.Parameters];
        var adapter = new PeftAdapter(model.Parameters, declared: true) { BaseModel = baseModel, Whole = Freeze(own, whole) };
        foreach (var p in own)
        {
            if (p.Layer is Linear linear && targets(p.Path))
                adapter.Put(linear, rank, (float)(alpha / rank));
        }
        return adapter;
    }

    /// <summary>Which weights are those of some projections in the blocks.</summary>
    static Func<string, bool> Targets(ILanguageModel model, IReadOnlyList<string>? projections)
    {
        projections ??= ["query", "value"];
        var layers = model.Parameters.Parameters.Where(p => p.Layer is Linear && p.Path.Contains("blocks/", StringComparison.Ordinal)).Select(p => NameOf(p.Path)).ToHashSet(StringComparer.Ordinal);
        if (projections.FirstOrDefault(p => !layers.Contains(p)) is { } unknown)
            throw new ArgumentException($"projection '{unknown}': the model's blocks have {string.Join(", ", layers)}", nameof(projections));
        return path => path.Contains("blocks/", StringComparison.Ordinal) && projections.Contains(NameOf(path));

        static string NameOf(string path) => path.Split('/') is [.., var name, _] ? name : path;
    }

    /// <summary>Freezes all parameters but those that are trained whole, which are returned.</summary>
    static Parameter[] Freeze(IReadOnlyCollection<Parameter> parameters, Func<string, bool>? whole)
    {
        foreach (var p in parameters)
            p.Frozen = whole?.Invoke(p.Path) != true;
        return [.. parameters.Where(p => !p.Frozen)];
    }

    /// <summary>Whether a parameter is A or B of a layer.</summary>
    public bool Owns(Parameter parameter) => layers.Exists(l => l.Adapter.A == parameter || l.Adapter.B == parameter);

    /// <summary>A new tensor of a layer's weight with the change added, W + scale · B A, the weight itself staying as it is; null for a parameter that is not changed, or has been by <see cref="Merge"/>.</summary>
    public Tensor? Merged(Parameter weight) => !IsMerged && layers.Find(l => l.Layer.Weight == weight) is (_, { } adapter) ? Sum(weight, adapter, 1) : null;
}
