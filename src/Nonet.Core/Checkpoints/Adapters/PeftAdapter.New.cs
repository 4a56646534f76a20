using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Adapters that are made, not read; and the switch that turns an adapter off.</summary>
public sealed partial class PeftAdapter
{
    const string Head = "head"; // as ParameterRole.Head is written

    readonly Dictionary<Parameter, Tensor> originals = [];
    int switchedOff;

    /// <summary>
    /// Puts new adapters on layers of a model, ready for training: A is drawn and B is zero, so that nothing changes at first. If the model is not filled yet, A and B are declared
    /// among its parameters and all others are frozen but those that are trained whole: one optimiser, one norm of the gradients and one <see cref="Training.Checkpoint"/> cover
    /// them. A model that is filled keeps its own parameters as they are, and A and B have a store of their own.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α: the change is scaled by α / r.</param>
    /// <param name="targets">
    /// Which layers, by name (query, key, value, output, gate, up, down of the blocks, tokens) or by role: <c>matrix</c> for the linear layers inside the network, <c>head</c> for the output layer, also where
    /// it is the token table, <c>embedding</c> for the tables. Null: query and value, as in section 4.2 of the paper.
    /// </param>
    /// <param name="whole">Which parameters are trained whole; null: none. For a model that is not filled.</param>
    /// <param name="seed">Of the drawn values, if the model is filled; otherwise they are drawn with the model's.</param>
    /// <exception cref="ArgumentException">A target that the model does not have; names those that it has.</exception>
    public static PeftAdapter Attach(ILanguageModel model, int rank, double alpha, IReadOnlyList<string>? targets = null, Func<Parameter, bool>? whole = null, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        Parameter[] own = [.. model.Parameters.Parameters];
        var chosen = Targets(own.Where(p => whole?.Invoke(p) != true), targets ?? ["query", "value"]);
        var filled = model.Parameters.IsFilled;
        if (filled && whole is not null)
            throw new ArgumentException("parameters are trained whole only if the adapter is attached before the model is filled", nameof(whole));
        var adapter = new PeftAdapter(filled ? new ParameterStore(model.Parameters.Device) : model.Parameters, declared: !filled);
        if (!filled)
        {
            foreach (var p in own)
                p.Frozen = whole?.Invoke(p) != true;
            adapter.Whole = [.. own.Where(p => !p.Frozen)];
        }
        foreach (var layer in chosen)
            adapter.Put(layer, rank, (float)(alpha / rank));
        if (filled)
            adapter.Parameters.FillForTraining(seed);
        return adapter;
    }

    /// <summary>The layers that some names or roles stand for.</summary>
    static List<IAdaptable> Targets(IEnumerable<Parameter> parameters, IReadOnlyList<string> targets)
    {
        var all = parameters.ToArray();
        var layers = all.SelectMany(AdaptableBy).ToArray();
        var chosen = new List<IAdaptable>();
        foreach (var target in targets)
        {
            if (Array.Find(all, p => IsExpert(p) && IsNamed(p, target)) is { } expert)
            {
                throw new NotSupportedException($"target '{target}': found the experts' matrices, such as {expert.Path}, which take no adapter; "
                    + $"expected layers outside them, by name: {string.Join(", ", layers.Where(l => !all.Any(p => IsExpert(p) && IsNamed(p, l.Name))).Select(l => l.Name).Distinct())}");
            }
            var found = layers.Where(l => l.Name == target || l.Role == target).Select(l => l.Layer).ToArray();
            if (found.Length == 0)
            {
                throw new ArgumentException($"target '{target}': the model has layers {string.Join(", ", layers.Select(l => l.Name).Distinct())} of roles {string.Join(", ", layers.Select(l => l.Role).Distinct())}",
                    nameof(targets));
            }
            chosen.AddRange(found.Where(l => !chosen.Contains(l)));
        }
        return [.. layers.Select(l => l.Layer).Where(chosen.Contains)];
    }

    static bool IsExpert(Parameter p) => p.Layer is not IAdaptable && p.Path.Contains("/experts/", StringComparison.Ordinal);

    static bool IsNamed(Parameter p, string target) => p.Path.Split('/') is [.., var name, _] && name == target || string.Equals(p.Role.ToString(), target, StringComparison.OrdinalIgnoreCase);

    /// <summary>The uses of a weight that take an adapter, each with its name and role: a tied table has two.</summary>
    static IEnumerable<(IAdaptable Layer, string Name, string Role)> AdaptableBy(Parameter p)
    {
        if (p.Layer is not IAdaptable layer)
            yield break;
        var role = p.Role.ToString().ToLowerInvariant();
        yield return (layer, p.Role != ParameterRole.Head && p.Path.Split('/') is [.., var name, _] ? name : role, role);
        if (layer is Embedding { Projects: true } table)
            yield return (table.Projection, Head, Head);
    }

    /// <summary>Whether a parameter is A or B of a layer.</summary>
    public bool Owns(Parameter parameter) => layers.Exists(l => l.Adapter.A == parameter || l.Adapter.B == parameter);

    /// <summary>A new tensor of a layer's weight with the change added, W + scale · B A, the weight itself staying as it is; null for a parameter that is not changed, or has been by <see cref="Merge"/>.</summary>
    public Tensor? Merged(Parameter weight) => !IsMerged && layers.Find(l => l.Layer.Weight == weight) is (_, { } adapter) ? Sum(weight, adapter, 1) : null;

    /// <summary>
    /// Turns the adapter off until the result is disposed: the model computes what it computed before it was put on, with the original values of parameters that the adapter
    /// keeps whole, where the model had any (<see cref="KeepOriginals"/>). So a policy and its reference share one model.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is merged.</exception>
    public Switch Off()
    {
        if (IsMerged)
            throw new InvalidOperationException("the adapter is merged into the weights: unmerge it before it is turned off");
        if (switchedOff++ == 0)
            SetOn(false);
        return new Switch(this);
    }

    /// <summary>Notes what the parameters that are kept whole were before: those of the model that the adapter stands on. What that model lacks, such as a new head, stays on when the adapter is off.</summary>
    public void KeepOriginals(IWeightSource before)
    {
        foreach (var p in Whole)
        {
            if (before.Find(p, p.Value.Device) is { } value)
                originals[p] = value.Unscoped();
        }
    }

    void SetOn(bool on)
    {
        foreach (var (layer, adapter) in layers)
            layer.Adapter = on ? adapter : null;
        foreach (var p in originals.Keys.ToArray())
            originals[p] = p.Exchange(originals[p]);
    }

    /// <summary>An adapter that is off; disposing turns it on again.</summary>
    public struct Switch : IDisposable
    {
        PeftAdapter? adapter;

        internal Switch(PeftAdapter adapter) => this.adapter = adapter;

        public void Dispose()
        {
            if (adapter is { } off && --off.switchedOff == 0)
                off.SetOn(true);
            adapter = null;
        }
    }
}
